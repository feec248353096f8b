using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Runtime.ExceptionServices;

namespace Inception.Kernels;

/// <summary>A parallel loop over the ranges of one or several kernels. Ranges are claimed dynamically, so a late worker delays nobody.</summary>
internal sealed class ParallelFor
{
    // Numbers in a range: some tens of microseconds of work.
    private const int Grain = 65_536;
    private const int MaxRanges = 16;

    // For dotnet-counters, and for benchmarks that tell kernels from overhead.
    private static readonly Histogram<double> Duration =
        new Meter("GoogLeNet.Net").CreateHistogram<double>("googlenet.kernel.duration", "s", "Wall time of one call of a kernel for CPUs.");

    private readonly ParallelWork[] works;
    private readonly int count;
    private int places;
    private int claimed;
    private int finished;
    private ExceptionDispatchInfo? failure;

    private ParallelFor(ParallelWork[] works) => (this.works, count) = (works, works.Sum(work => work.Count));

    /// <summary>How many workers may still join.</summary>
    public int Places => places;

    /// <summary>How many ranges to make. It depends on the work alone, so that sums over ranges are the same on any number of threads.</summary>
    /// <param name="items">Number of items.</param>
    /// <param name="size">Numbers in an item.</param>
    public static int RangeCount(int items, int size) => (int)Math.Clamp((long)items * size / Grain, 1, Math.Min(items, MaxRanges));

    /// <summary>Runs works that do not depend on each other; their ranges start in the order of the works.</summary>
    /// <param name="threads">Number of threads, the caller's included, at least 1.</param>
    /// <param name="works">What to do.</param>
    /// <exception cref="Exception">What one of the ranges threw, after all of them have ended.</exception>
    public static void Run(int threads, params ParallelWork[] works) => new ParallelFor(works).Run(threads);

    /// <summary>Takes a place among those who work on it, unless all ranges are claimed or all places taken.</summary>
    public bool TryJoin() => Volatile.Read(ref claimed) < count && Volatile.Read(ref places) > 0 && Interlocked.Decrement(ref places) >= 0;

    /// <summary>Claims and does ranges until none are left.</summary>
    public void DoRanges()
    {
        for (int range; (range = Interlocked.Increment(ref claimed) - 1) < count;)
        {
            try
            {
                Do(range);
            }
            catch (Exception exception)
            {
                failure = ExceptionDispatchInfo.Capture(exception);
            }

            Interlocked.Increment(ref finished);
        }
    }

    private void Run(int threads)
    {
        var began = Duration.Enabled ? Stopwatch.GetTimestamp() : 0;
        places = Math.Min(threads, count) - 1;
        var slot = places > 0 ? WorkerPool.Post(this) : -1;
        DoRanges();
        var wait = default(SpinWait);
        while (Volatile.Read(ref finished) < count)
        {
            wait.SpinOnce(sleep1Threshold: -1);
        }

        WorkerPool.Retract(slot);
        failure?.Throw();
        if (began != 0)
        {
            Duration.Record(Stopwatch.GetElapsedTime(began).TotalSeconds);
        }
    }

    private void Do(int range)
    {
        var work = 0;
        for (; range >= works[work].Count; work++)
        {
            range -= works[work].Count;
        }

        works[work].Body(range);
    }
}

/// <summary>Work that a kernel has still to do, in ranges that any thread may take in any order. <see cref="ParallelFor"/> runs it.</summary>
/// <param name="Count">Number of ranges.</param>
/// <param name="Body">Does one range. The memory that it reads and writes must live until the work has run.</param>
internal sealed record ParallelWork(int Count, Action<int> Body)
{
    /// <summary>Splits 0, 1, … <paramref name="items"/> − 1 into ranges.</summary>
    /// <param name="items">Number of items.</param>
    /// <param name="count">Number of ranges.</param>
    /// <param name="body">Takes the range's number, its first item and the item after its last.</param>
    public static ParallelWork OverRanges(int items, int count, Action<int, int, int> body) =>
        new(count, range => body(range, (int)((long)items * range / count), (int)((long)items * (range + 1) / count)));

    /// <summary>Does each of 0, 1, … <paramref name="items"/> − 1; items of one range in order.</summary>
    /// <param name="items">Number of items.</param>
    /// <param name="size">Numbers in an item; it decides how many items make a range.</param>
    /// <param name="body">Does one item.</param>
    public static ParallelWork OverItems(int items, int size, Action<int> body) =>
        OverRanges(items, ParallelFor.RangeCount(items, size), (_, start, end) =>
        {
            for (var i = start; i < end; i++)
            {
                body(i);
            }
        });
}
