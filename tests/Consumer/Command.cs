using System.Diagnostics;

namespace Consumer;

/// <summary>A program that is run to its end.</summary>
internal static class Command
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    /// <summary>What it printed.</summary>
    /// <exception cref="InvalidOperationException">It failed; the message holds what it printed.</exception>
    /// <exception cref="TimeoutException">It did not end.</exception>
    public static Task<string> RunAsync(string folder, string program, params string[] arguments) => RunAsync(folder, [], program, arguments);

    /// <summary>What it printed, with these variables in its environment.</summary>
    /// <exception cref="InvalidOperationException">It failed; the message holds what it printed.</exception>
    /// <exception cref="TimeoutException">It did not end.</exception>
    public static async Task<string> RunAsync(string folder, Dictionary<string, string> environment, string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };

        // What `dotnet test` sets for itself is no user's environment.
        foreach (var name in start.Environment.Keys.Where(IsOfTheTestRun).ToList())
        {
            start.Environment.Remove(name);
        }

        // Whether the source answers about advisories is not what is tested.
        start.Environment["NuGetAudit"] = "false";

        // Other tests run beside these: threads of libtorch that wait leave them the cores.
        start.Environment["GOMP_SPINCOUNT"] = "2000";
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        using var process = Process.Start(start)!;
        using var limit = new CancellationTokenSource(Patience);
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        try
        {
            await process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{program} {string.Join(' ', arguments)} had not ended after {Patience.TotalMinutes} minutes.");
        }

        return process.ExitCode == 0 ? await output
            : throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}:\n{await output}\n{await errors}");
    }

    private static bool IsOfTheTestRun(string name) =>
        name.StartsWith("MSBUILD", StringComparison.OrdinalIgnoreCase) || name.StartsWith("VSTEST", StringComparison.OrdinalIgnoreCase);
}
