using System.Diagnostics;
using System.Globalization;

namespace Benchmarks;

/// <summary>
/// What a side of a race, a process of its own, says and is told: that it is ready and on what; then it does as many batches as each line of its input says and answers with the seconds they
/// took; at the input's end it tells its peak memory. peers/worker.py speaks the same.
/// </summary>
internal static class Side
{
    /// <summary>Follows the lines of the input to their end.</summary>
    /// <param name="name">What computes, and its version.</param>
    /// <param name="step">The work once.</param>
    /// <param name="synchronize">Waits until the device has done what it was given; null where it computes at once.</param>
    public static void Follow(string name, Action step, Action? synchronize = null)
    {
        Say($"ready {name}, .NET {Environment.Version}");
        while (Console.ReadLine() is { } line)
        {
            Say(Seconds(int.Parse(line, CultureInfo.InvariantCulture), step, synchronize).ToString("R", CultureInfo.InvariantCulture));
        }

        Say(PeakMebibytes().ToString(CultureInfo.InvariantCulture));
    }

    private static double Seconds(int batches, Action step, Action? synchronize)
    {
        synchronize?.Invoke();
        var began = Stopwatch.GetTimestamp();
        for (var i = 0; i < batches; i++)
        {
            step();
        }

        synchronize?.Invoke();
        return Stopwatch.GetElapsedTime(began).TotalSeconds;
    }

    private static void Say(string line)
    {
        Console.WriteLine(line);
        Console.Out.Flush();
    }

    // The largest memory that this process has had; 0 where the system does not tell.
    private static long PeakMebibytes()
    {
        const string status = "/proc/self/status";
        var line = File.Exists(status) ? File.ReadLines(status).FirstOrDefault(line => line.StartsWith("VmHWM:", StringComparison.Ordinal)) : null;
        return line is null ? 0 : long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2], CultureInfo.InvariantCulture) / 1024;
    }
}
