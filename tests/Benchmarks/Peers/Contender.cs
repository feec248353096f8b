using System.Diagnostics;
using System.Globalization;

namespace Benchmarks.Peers;

/// <summary>A program that does a <see cref="Work"/> on demand and waits in between; see <see cref="TorchWorker"/> for what is said.</summary>
internal sealed class Contender : IDisposable
{
    private readonly Process process;

    private Contender(string name, Process process, string versions)
    {
        Name = name;
        this.process = process;
        Versions = versions;
    }

    public string Name { get; }

    /// <summary>What it runs on, in its own words.</summary>
    public string Versions { get; }

    /// <summary>Starts the program and waits until it is ready; null with a reason where it cannot.</summary>
    public static Contender? Start(string name, IReadOnlyList<string> command, out string reason)
    {
        var start = new ProcessStartInfo(command[0], command.Skip(1)) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        var errors = new List<string>();
        reason = "";
        Process process;
        try
        {
            process = Process.Start(start)!;
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            reason = e.Message;
            return null;
        }

        process.ErrorDataReceived += (_, line) => { if (line.Data is not null) { lock (errors) { errors.Add(line.Data); } } };
        process.BeginErrorReadLine();
        while (process.StandardOutput.ReadLine() is { } line)
        {
            if (line.StartsWith("ready ", StringComparison.Ordinal))
            {
                return new Contender(name, process, line[6..]);
            }
        }

        process.WaitForExit();
        lock (errors)
        {
            reason = errors.LastOrDefault(line => line.Trim().Length > 0) ?? $"it ended with {process.ExitCode}";
        }

        process.Dispose();
        return null;
    }

    /// <summary>Seconds for as many batches.</summary>
    /// <exception cref="InvalidOperationException">The program ended.</exception>
    public double Seconds(int batches)
    {
        process.StandardInput.WriteLine(batches.ToString(CultureInfo.InvariantCulture));
        process.StandardInput.Flush();
        return double.Parse(Answer(), CultureInfo.InvariantCulture);
    }

    /// <summary>Ends the program, and says how much memory it has had at most, in MiB; 0 where it does not know.</summary>
    public long End()
    {
        process.StandardInput.Close();
        var peak = long.Parse(Answer(), CultureInfo.InvariantCulture);
        process.WaitForExit();
        return peak;
    }

    public void Dispose()
    {
        if (!process.HasExited)
        {
            process.Kill();
        }

        process.Dispose();
    }

    private string Answer() => process.StandardOutput.ReadLine() ?? throw new InvalidOperationException($"{Name} ended in the midst of its work.");
}
