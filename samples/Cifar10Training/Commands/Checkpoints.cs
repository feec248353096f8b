using System.CommandLine;
using Cifar10Training.Display;
using Inception;
using Inception.Evaluation;
using Inception.Interop;
using Inception.Training;
using TorchSharp;

namespace Cifar10Training.Commands;

/// <summary>The option <c>--checkpoint</c> of the commands that use trained networks.</summary>
internal static class Checkpoints
{
    /// <summary>A required option that may come several times.</summary>
    /// <param name="verb">What the command does with the file.</param>
    public static Option<string[]> Option(string verb) => new("--checkpoint")
    {
        Description = $"{verb} with this checkpoint, file of weights, .pth of torchvision's googlenet or run's folder (its best); given several times, their predictions are averaged.",
        HelpName = "FILE|DIR",
        Required = true,
        Arity = ArgumentArity.OneOrMore,
        AllowMultipleArgumentsPerToken = false,
    };

    /// <summary>The files that were named; of a run's folder its best checkpoint.</summary>
    /// <exception cref="UsageException">One does not exist.</exception>
    public static IReadOnlyList<string> Resolve(IEnumerable<string> named) => [.. named.Select(path =>
        File.Exists(path) ? path
        : !Directory.Exists(path) ? throw new UsageException($"There is no checkpoint {path}.")
        : Path.Combine(path, CheckpointFiles.Best) is var best && File.Exists(best) ? best
        : CheckpointFiles.Furthest(path) ?? throw new UsageException($"There is no checkpoint in the folder {path}."))];

    /// <summary>Their networks on a device; what a file lacks is said on the error stream.</summary>
    /// <exception cref="RunException">They do not make an ensemble.</exception>
    public static Predictor Load(IReadOnlyList<string> files, string device, IViews? views)
    {
        try
        {
            // The networks of members live as long as the process.
            return files.Any(IsTorch)
                ? new Predictor([.. files.Select(file => Member(file, device))], views)
                : Predictor.Load(files, views, torch.device(device), logger: new DisplayLog(new PlainDisplay(Console.Error)));
        }
        catch (ArgumentException e)
        {
            throw new RunException(Failure.OneLine(e.Message), e);
        }
    }

    private static bool IsTorch(string file) => Path.GetExtension(file).ToLowerInvariant() is ".pth" or ".pt";

    private static EnsembleMember Member(string file, string device)
    {
        using var network = IsTorch(file) ? GoogLeNet.CreatePretrained(file) : GoogLeNet.Load(file);
        network.to(torch.device(device));
        return new EnsembleMember(network.Compile(), network.GetPreprocessing());
    }
}
