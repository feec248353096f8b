using System.CommandLine;
using Inception;

namespace Cifar10Training.Commands;

/// <summary><c>cifar10 summary</c>.</summary>
internal static class SummaryCommand
{
    private static readonly Option<string?> Spec = Values.Text(
        "--spec", "NAME", $"The network: {string.Join(", ", GoogLeNetSpec.Presets.Select(preset => preset.Name))}.");
    private static readonly Option<int?> Classes = Values.Whole("--classes", "Classes to tell apart. Default 10.", 1, 1_000_000);

    public static Command Create()
    {
        var command = new Command("summary", "Prints a network as a table: layers, output shapes, parameters.") { Spec, Classes };
        command.SetAction(parsed => Print(parsed.GetValue(Spec), parsed.GetValue(Classes) ?? 10));
        return command;
    }

    private static int Print(string? name, int classes)
    {
        using var model = GoogLeNet.Create(classes, FindSpec(name));
        Console.WriteLine(model.Summary());
        return ExitCode.Done;
    }

    private static GoogLeNetSpec FindSpec(string? name)
    {
        try
        {
            return GoogLeNetSpec.FromName(name ?? throw new UsageException(
                $"--spec is missing; the specs are {string.Join(", ", GoogLeNetSpec.Presets.Select(preset => preset.Name))}."));
        }
        catch (ArgumentException e)
        {
            throw new UsageException(Failure.OneLine(e.Message));
        }
    }
}
