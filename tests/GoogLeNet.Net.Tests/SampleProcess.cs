using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Inception.Tests;

/// <summary>A built sample as a process of its own.</summary>
internal sealed class SampleProcess : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);
    private readonly Process process;
    private readonly Task<string> errors;

    private SampleProcess(Process process) => (this.process, errors) = (process, process.StandardError.ReadToEndAsync());

    /// <summary>Starts <c>cifar10</c> with these arguments.</summary>
    public static SampleProcess Start(params string[] arguments) => StartProgram("cifar10", arguments);

    /// <summary>Runs another sample to its end.</summary>
    public static async Task<SampleResult> RunProgramAsync(string program, params string[] arguments)
    {
        using var sample = StartProgram(program, arguments);
        return await sample.FinishAsync();
    }

    /// <summary>Runs another sample to its end, in a folder.</summary>
    public static async Task<SampleResult> RunProgramInAsync(string folder, string program)
    {
        using var sample = new SampleProcess(Process.Start(StartOf(program, [], folder))!);
        return await sample.FinishAsync();
    }

    /// <summary>Starts a program that lies beside these tests, or one of another folder by its full path without <c>.dll</c>, with additions to its environment.</summary>
    public static SampleProcess StartProgram(string program, string[] arguments, params (string Name, string Value)[] environment)
    {
        var start = StartOf(program, arguments, folder: "");
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        return new SampleProcess(Process.Start(start)!);
    }

    /// <summary>Runs it to its end.</summary>
    public static async Task<SampleResult> RunAsync(params string[] arguments)
    {
        using var sample = Start(arguments);
        return await sample.FinishAsync();
    }

    /// <summary>Runs a line of text as a user who pastes it does.</summary>
    public static async Task<SampleResult> RunShellAsync(string line)
    {
        var start = new ProcessStartInfo("/bin/sh", ["-c", line]) { RedirectStandardOutput = true, RedirectStandardError = true };
        using var sample = new SampleProcess(Process.Start(start)!);
        return await sample.FinishAsync();
    }

    /// <summary>Waits for a line that starts with <paramref name="prefix"/>, and returns it.</summary>
    public async Task<string> WaitForLineAsync(string prefix)
    {
        using var limit = new CancellationTokenSource(Patience);
        while (await process.StandardOutput.ReadLineAsync(limit.Token) is { } line)
        {
            if (line.StartsWith(prefix, StringComparison.Ordinal))
            {
                return line;
            }
        }

        throw new InvalidOperationException($"The process ended without a line that starts with '{prefix}': {await errors}");
    }

    /// <summary>Sends a POSIX signal.</summary>
    public void Signal(PosixSignal signal) => _ = Kill(process.Id, signal == PosixSignal.SIGINT ? 2 : 15);

    /// <summary>Ends the process at once, as SIGKILL does, whatever it is doing.</summary>
    public void KillNow()
    {
        process.Kill();
        process.WaitForExit();
    }

    /// <summary>Waits for the end.</summary>
    public async Task<SampleResult> FinishAsync()
    {
        using var limit = new CancellationTokenSource(Patience);
        var output = await process.StandardOutput.ReadToEndAsync(limit.Token);
        await process.WaitForExitAsync(limit.Token);
        return new SampleResult(process.ExitCode, output, await errors);
    }

    public void Dispose()
    {
        if (!process.HasExited)
        {
            process.Kill();
        }

        process.Dispose();
    }

    private static ProcessStartInfo StartOf(string program, string[] arguments, string folder)
    {
        var host = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") is { Length: > 0 } path ? path : "dotnet";
        return new ProcessStartInfo(host, [Path.Combine(AppContext.BaseDirectory, $"{program}.dll"), .. arguments])
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
    }

    [DllImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Kill(int process, int signal);
}

/// <summary>How a process ended.</summary>
internal sealed record SampleResult(int ExitCode, string Output, string Errors)
{
    public string[] OutputLines => Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>What the program itself says: libtorch 2.x warns where a machine's processor is too new for its NNPACK.</summary>
    public string[] ErrorLines =>
        [.. Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(line => !line.StartsWith("[W", StringComparison.Ordinal) || !line.Contains("NNPACK.cpp"))];
}
