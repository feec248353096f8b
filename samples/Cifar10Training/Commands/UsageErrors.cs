using System.CommandLine;

namespace Cifar10Training.Commands;

/// <summary>Says in one line what is wrong with a command line and what would be right.</summary>
internal static class UsageErrors
{
    public static string Describe(ParseResult parsed)
    {
        var command = parsed.CommandResult.Command;
        if (parsed.UnmatchedTokens is [var token, ..])
        {
            return token.StartsWith('-')
                ? $"Unknown option '{token}'; {Known(command)}."
                : $"Unknown {(command.Subcommands.Count > 0 ? "command" : "argument")} '{token}'; {Known(command)}.";
        }

        return command.Subcommands.Count > 0 ? $"A command is missing; {Known(command)}." : Failure.OneLine(parsed.Errors[0].Message);
    }

    private static string Known(Command command) => command.Subcommands.Count > 0
        ? $"the commands are {string.Join(", ", command.Subcommands.Select(sub => sub.Name))}"
        : $"the options of {command.Name} are {string.Join(", ", command.Options.Select(option => option.Name))}";
}
