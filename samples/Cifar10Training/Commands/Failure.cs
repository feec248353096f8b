using Inception;
using Inception.Training;

namespace Cifar10Training.Commands;

/// <summary>One clear line on the error stream for whatever went wrong, and the exit code that belongs to it.</summary>
internal static class Failure
{
    /// <summary>Set to 1, this environment variable adds the stack trace.</summary>
    public const string DebugVariable = "CIFAR10_DEBUG";

    public static int Report(Exception exception, TextWriter error)
    {
        error.WriteLine($"cifar10: {Describe(exception)}");
        if (Environment.GetEnvironmentVariable(DebugVariable) == "1")
        {
            error.WriteLine(exception);
        }

        return exception switch
        {
            UsageException => ExitCode.BadUsage,
            OperationCanceledException => ExitCode.Interrupted,
            _ => ExitCode.Failed,
        };
    }

    /// <summary>The exception in one line.</summary>
    public static string Describe(Exception exception) => exception switch
    {
        OperationCanceledException => "interrupted.",
        UsageException or RunException or TorchNotLoadedException or TrainingDivergedException or CollectiveException or IOException or UnauthorizedAccessException => OneLine(exception.Message),
        _ => $"{OneLine(exception.GetBaseException().Message)} ({exception.GetBaseException().GetType().Name}; {DebugVariable}=1 shows where)",
    };

    /// <summary>A message without what .NET appends to argument errors, its line breaks replaced by spaces.</summary>
    public static string OneLine(string message)
    {
        var appended = message.IndexOf(" (Parameter '", StringComparison.Ordinal);
        return string.Join(' ', (appended < 0 ? message : message[..appended]).Split((char[])['\r', '\n'], StringSplitOptions.RemoveEmptyEntries));
    }
}
