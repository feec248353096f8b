namespace Cifar10Training.Doctor;

/// <summary>The table, and below it what is wrong.</summary>
internal static class MachineTable
{
    private const int Indent = 13;

    /// <summary>The lines of a machine and its findings.</summary>
    public static IEnumerable<string> Lines(Machine machine, IReadOnlyList<Finding> findings)
    {
        var (processor, torch, nvidia, data) = (machine.Processor, machine.Torch, machine.Nvidia, machine.Data);
        IEnumerable<(string Name, string[] Values)> rows =
        [
            (".NET", [machine.DotNet]),
            ("System", [machine.System]),
            ("Processor", [$"{processor.Name}, {processor.Cores} cores", processor.Vectors]),
            ("TorchSharp", torch.Loaded is { } loaded ? [torch.TorchSharp, loaded.TorchSharpPath] : [$"{torch.TorchSharp}, does not load"]),
            ("libtorch", [torch.Loaded is null ? Packages(torch) : $"{torch.Loaded.Libtorch}, {Packages(torch)}", .. torch.Loaded is null ? (string[])[] : [torch.Loaded.LibtorchPath]]),
            ("CUDA", [Cuda(torch, nvidia)]),
            ("GPUs", nvidia.Gpus.Count > 0 ? [.. nvidia.Gpus] : ["none seen"]),
            ("Data", [$"{Probes.Shown(data.Folder)}{(data.IsGiven ? " (CIFAR10_DIR)" : "")}", State(data)]),
            ("Memory", [$"{Diagnosis.Size(machine.Memory.Free)} free of {Diagnosis.Size(machine.Memory.Total)}"]),
            ("Disk", [$"{Diagnosis.Size(machine.Runs.Free)} free in {machine.Runs.Folder}"]),
        ];
        foreach (var (name, values) in rows)
        {
            yield return name.PadRight(Indent) + values[0];
            foreach (var more in values.Skip(1))
            {
                yield return new string(' ', Indent) + more;
            }
        }

        yield return "";
        foreach (var finding in findings)
        {
            yield return $"{(finding.StopsRuns ? "Error" : "Warning")}: {finding.What}: {finding.Cause}.";
            yield return $"  Fix: {finding.Fix}.";
        }

        var errors = findings.Count(finding => finding.StopsRuns);
        yield return findings.Count == 0 ? "Nothing is wrong." : errors == 0 ? "Nothing stops a run." : $"{(errors == 1 ? "One error stops" : $"{errors} errors stop")} runs.";
    }

    private static string Packages(TorchFacts torch) => torch.Packages.Count == 0 ? "no package named by the build" : string.Join(", ", torch.Packages);

    private static string Cuda(TorchFacts torch, NvidiaFacts nvidia)
    {
        var driver = nvidia.Driver is { } version ? $"driver {version}" : nvidia.HasLibrary ? "a driver of unknown version" : "no NVIDIA driver";
        return $"{driver}; {(torch.Loaded is { } loaded ? $"libtorch can use {(loaded.Gpus == 1 ? "1 GPU" : $"{loaded.Gpus} GPUs")}" : "libtorch is not loaded")}";
    }

    private static string State(DataFacts data)
    {
        var state = data.State switch
        {
            DataState.Verified => "CIFAR-10, its sums are right",
            DataState.Empty => "empty: the first run downloads 170 MB",
            DataState.Damaged => "damaged",
            _ => "not verified, since TorchSharp does not load",
        };
        return $"{state}; {Diagnosis.Size(data.Disk.Free)} free, {(data.Disk.Problem is null ? "can be written" : "cannot be written")}";
    }
}
