namespace Cifar10Training.Commands;

/// <summary>How this program is started, for commands that a user can paste.</summary>
internal static class Invocation
{
    /// <summary>What <c>cifar10.sh</c> sets to its own name as it was typed.</summary>
    public const string Variable = "CIFAR10_COMMAND";

    /// <summary>A command line that starts this program in the same shell and folder.</summary>
    public static string Command(params string[] arguments) => string.Join(' ', Start().Concat(arguments).Select(Quoted));

    /// <summary>An argument as a shell takes it.</summary>
    public static string Quoted(string argument) =>
        argument.Length > 0 && argument.All(c => char.IsAsciiLetterOrDigit(c) || c is '/' or '\\' or '.' or '-' or '_' or ':' or '=' or ',') ? argument
        : OperatingSystem.IsWindows() ? $"\"{argument}\""
        : $"'{argument.Replace("'", "'\\''", StringComparison.Ordinal)}'";

    private static string[] Start() =>
        Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } script ? [script]
        : Environment.ProcessPath is not { } host ? ["cifar10"]
        : Path.GetFileNameWithoutExtension(host).Equals("dotnet", StringComparison.OrdinalIgnoreCase) ? [host, Path.Combine(AppContext.BaseDirectory, "cifar10.dll")]
        : [host];
}
