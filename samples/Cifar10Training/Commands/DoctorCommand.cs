using System.CommandLine;
using System.Globalization;
using Cifar10Training.Doctor;
using Cifar10Training.Runs;
using TorchSharp;

namespace Cifar10Training.Commands;

/// <summary><c>cifar10 doctor</c>.</summary>
internal static class DoctorCommand
{
    private static readonly Option<string?> Device = Values.Text(
        "--device", "cpu|cuda[:i]", "Compare a network's outputs, gradients and training on that device with the CPU's too.", DeviceChoice.Check);

    public static Command Create()
    {
        var command = new Command("doctor", "Says what a run would find on this machine, what is wrong with it, and what to do.") { Device };
        command.SetAction((parsed, cancellationToken) => RunAsync(parsed.GetValue(Device), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(string? device, CancellationToken cancellationToken)
    {
        var machine = await Probes.ReadAsync(cancellationToken);
        var findings = Diagnosis.Of(machine);
        foreach (var line in MachineTable.Lines(machine, findings))
        {
            Console.WriteLine(line);
        }

        var isWell = !findings.Any(finding => finding.StopsRuns);
        return (device is null || Compare(DeviceChoice.Resolve(device), cancellationToken)) && isWell ? ExitCode.Done : ExitCode.Failed;
    }

    private static bool Compare(string device, CancellationToken cancellationToken)
    {
        Console.WriteLine();
        Console.WriteLine($"{device} against cpu, largest relative differences:");
        var isSame = true;
        foreach (var difference in DeviceComparison.Compare(torch.device(device), cancellationToken: cancellationToken))
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"  {difference.Network,-18} {difference.What,-19} {difference.Relative,8:0.0e+0} of {difference.Tolerance:0.0e+0}  {(difference.IsRounding ? "same" : "DIFFERENT")}"));
            isSame &= difference.IsRounding;
        }

        Console.WriteLine(isSame ? $"{device} computes what the CPU computes." : $"{device} computes something else than the CPU: do not train on it.");
        return isSame;
    }
}
