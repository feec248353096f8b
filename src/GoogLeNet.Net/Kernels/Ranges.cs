using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Runtime.ExceptionServices;
using static TorchSharp.torch;

namespace Inception.Kernels;

/// <summary>
/// Runs a kernel on as many threads as libtorch's operators use, range by range: who is free takes the next one, so that nobody waits for a thread that is still waking.
/// </summary>
internal sealed class Ranges : IThreadPoolWorkItem
{
    // Numbers in a range: some tens of microseconds.
    private const int Grain = 65_536;
    private const int Most = 16;

    // For dotnet-counters, and for the benchmark that tells kernels from overhead.
    private static readonly Histogram<double> Duration =
        new Meter("GoogLeNet.Net").CreateHistogram<double>("googlenet.kernel.duration", "s", "Wall time of one call of a kernel for CPUs.");

    private readonly int items;
    private readonly int count;
    private readonly Action<int, int, int> body;
    private int taken;
    private int finished;
    private ExceptionDispatchInfo? failure;

    private Ranges(int items, int count, Action<int, int, int> body) => (this.items, this.count, this.body) = (items, count, body);

    /// <summary>How many ranges <see cref="Split"/> is to make. It depends on the work alone: sums of ranges are the same on any number of threads.</summary>
    /// <param name="items">How many items.</param>
    /// <param name="size">Numbers in an item.</param>
    public static int Count(int items, int size) => (int)Math.Clamp((long)items * size / Grain, 1, Math.Min(items, Most));

    /// <summary>Calls <paramref name="body"/> with the bounds of ranges that make up 0, 1, … <paramref name="items"/> − 1.</summary>
    /// <param name="items">How many items.</param>
    /// <param name="count">How many ranges.</param>
    /// <param name="body">Takes the range's number, its first item and the one behind its last, on any thread.</param>
    /// <exception cref="OutOfMemoryException">And whatever else one of the calls threw.</exception>
    public static void Split(int items, int count, Action<int, int, int> body)
    {
        var began = Duration.Enabled ? Stopwatch.GetTimestamp() : 0;
        var ranges = new Ranges(items, count, body);
        for (var helpers = Math.Min(get_num_threads(), count) - 1; helpers > 0; helpers--)
        {
            ThreadPool.UnsafeQueueUserWorkItem(ranges, preferLocal: false);
        }

        ranges.Execute();
        var wait = default(SpinWait);
        while (Volatile.Read(ref ranges.finished) < count)
        {
            wait.SpinOnce(sleep1Threshold: -1);
        }

        ranges.failure?.Throw();
        if (began != 0)
        {
            Duration.Record(Stopwatch.GetElapsedTime(began).TotalSeconds);
        }
    }

    /// <summary>Calls <paramref name="body"/> with each of 0, 1, … <paramref name="items"/> − 1, in order within each range.</summary>
    /// <param name="items">How many items.</param>
    /// <param name="size">Numbers in an item.</param>
    /// <param name="body">One item, on any thread.</param>
    public static void Run(int items, int size, Action<int> body) =>
        Split(items, Count(items, size), (_, start, end) =>
        {
            for (var i = start; i < end; i++)
            {
                body(i);
            }
        });

    /// <summary>Takes ranges as long as there are any.</summary>
    public void Execute()
    {
        for (int range; (range = Interlocked.Increment(ref taken) - 1) < count;)
        {
            try
            {
                body(range, (int)((long)items * range / count), (int)((long)items * (range + 1) / count));
            }
            catch (Exception exception)
            {
                failure = ExceptionDispatchInfo.Capture(exception);
            }

            Interlocked.Increment(ref finished);
        }
    }
}
