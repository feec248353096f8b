using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Runtime.ExceptionServices;
using static TorchSharp.torch;

namespace Inception.Kernels;

/// <summary>
/// Runs a kernel on as many threads as libtorch's operators use, range by range: who is free takes the next one, so that nobody waits for a thread that is still waking.
/// </summary>
internal sealed class Ranges
{
    // Numbers in a range: some tens of microseconds.
    private const int Grain = 65_536;
    private const int Most = 16;

    // Microseconds: more than from one call of a block to the next, and little beside what comes between others.
    private const int PatienceIfFollowed = 100;
    private const int PatienceOtherwise = 20;

    // For dotnet-counters, and for the benchmark that tells kernels from overhead.
    private static readonly Histogram<double> Duration =
        new Meter("GoogLeNet.Net").CreateHistogram<double>("googlenet.kernel.duration", "s", "Wall time of one call of a kernel for CPUs.");

    private readonly KernelCall[] calls;
    private readonly int count;
    private readonly bool isFollowed;
    private int places;
    private int taken;
    private int finished;
    private ExceptionDispatchInfo? failure;

    private Ranges(KernelCall[] calls, bool isFollowed) => (this.calls, this.isFollowed, count) = (calls, isFollowed, calls.Sum(call => call.Count));

    /// <summary>How many ranges <see cref="Split"/> is to make. It depends on the work alone: sums of ranges are the same on any number of threads.</summary>
    /// <param name="items">How many items.</param>
    /// <param name="size">Numbers in an item.</param>
    public static int Count(int items, int size) => (int)Math.Clamp((long)items * size / Grain, 1, Math.Min(items, Most));

    /// <summary>Calls <paramref name="body"/> with the bounds of ranges that make up 0, 1, … <paramref name="items"/> − 1.</summary>
    /// <param name="items">How many items.</param>
    /// <param name="count">How many ranges.</param>
    /// <param name="body">Takes the range's number, its first item and the one behind its last, on any thread.</param>
    /// <exception cref="OutOfMemoryException">And whatever else one of the calls threw.</exception>
    public static void Split(int items, int count, Action<int, int, int> body) => Run(KernelCall.Of(items, count, body));

    /// <summary>Runs calls of kernels that do not wait for each other; their ranges begin in the calls' order.</summary>
    /// <exception cref="OutOfMemoryException">And whatever else one of the calls threw.</exception>
    public static void Run(params KernelCall[] calls) => new Ranges(calls, isFollowed: false).Run();

    /// <summary>The same where more calls follow within microseconds: the threads that helped wait for them awake.</summary>
    /// <exception cref="OutOfMemoryException">And whatever else one of the calls threw.</exception>
    public static void RunFollowed(params KernelCall[] calls) => new Ranges(calls, isFollowed: true).Run();

    /// <summary>Calls <paramref name="body"/> with each of 0, 1, … <paramref name="items"/> − 1, in order within each range.</summary>
    /// <param name="items">How many items.</param>
    /// <param name="size">Numbers in an item.</param>
    /// <param name="body">One item, on any thread.</param>
    public static void Run(int items, int size, Action<int> body) => Run(KernelCall.OfItems(items, size, body));

    /// <summary>How many threads may still come to help.</summary>
    public int Places => places;

    /// <summary>How long those who helped wait awake for more, in microseconds.</summary>
    public int Patience => isFollowed ? PatienceIfFollowed : PatienceOtherwise;

    /// <summary>Whether there is something left to help with, and a place for the thread that asks.</summary>
    public bool TakePlace() => Volatile.Read(ref taken) < count && Volatile.Read(ref places) > 0 && Interlocked.Decrement(ref places) >= 0;

    /// <summary>Takes ranges as long as there are any.</summary>
    public void Take()
    {
        for (int range; (range = Interlocked.Increment(ref taken) - 1) < count;)
        {
            try
            {
                Run(range);
            }
            catch (Exception exception)
            {
                failure = ExceptionDispatchInfo.Capture(exception);
            }

            Interlocked.Increment(ref finished);
        }
    }

    private void Run()
    {
        var began = Duration.Enabled ? Stopwatch.GetTimestamp() : 0;
        places = Math.Min(get_num_threads(), count) - 1;
        var called = places > 0 ? Helpers.Call(this) : -1;
        Take();
        var wait = default(SpinWait);
        while (Volatile.Read(ref finished) < count)
        {
            wait.SpinOnce(sleep1Threshold: -1);
        }

        Helpers.Dismiss(called);
        failure?.Throw();
        if (began != 0)
        {
            Duration.Record(Stopwatch.GetElapsedTime(began).TotalSeconds);
        }
    }

    private void Run(int range)
    {
        var call = 0;
        for (; range >= calls[call].Count; call++)
        {
            range -= calls[call].Count;
        }

        calls[call].Body(range);
    }
}
