using System.CommandLine;

namespace Cifar10Training.Commands;

/// <summary>The option <c>--checkpoint</c> of the commands that use trained networks.</summary>
internal static class Checkpoints
{
    /// <summary>A required option that may come several times.</summary>
    /// <param name="verb">What the command does with the file.</param>
    public static Option<string[]> Option(string verb) => new("--checkpoint")
    {
        Description = $"{verb} with this checkpoint or file of weights; given several times, their predictions are averaged.",
        HelpName = "FILE",
        Required = true,
        Arity = ArgumentArity.OneOrMore,
        AllowMultipleArgumentsPerToken = false,
    };
}
