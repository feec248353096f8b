using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
using static TorchSharp.torch;

namespace Inception;

/// <summary>
/// Threads that compute parts of a batch side by side, each by itself from the first layer to the last: nobody waits after each layer for the one who took longest. On them
/// libtorch's operators use one thread; on all others as many as before.
/// </summary>
internal sealed class PartThreads
{
    private static readonly Lock Starting = new();
    private static readonly BlockingCollection<PartThreads> Waiting = [];
    private static int running;
    private static bool areAlone = true;

    private readonly int count;
    private readonly Action<int> body;
    private readonly CountdownEvent finished;
    private int taken;
    private ExceptionDispatchInfo? failure;

    private PartThreads(int count, Action<int> body, CountdownEvent finished) => (this.count, this.body, this.finished) = (count, body, finished);

    /// <summary>
    /// Calls <paramref name="body"/> with 0, 1, … <paramref name="count"/> − 1 on <see cref="get_num_threads"/> threads, without gradients as the caller, each call in a scope
    /// of its own.
    /// </summary>
    /// <returns>Whether it did: not where libtorch knows one number of threads for all.</returns>
    /// <exception cref="Exception">What one of the calls threw.</exception>
    public static bool Run(int count, Action<int> body)
    {
        var threads = get_num_threads();
        if (!Start(threads))
        {
            return false;
        }

        var isInference = is_inference_mode_enabled();
        using var finished = new CountdownEvent(Math.Min(threads, count));
        var work = new PartThreads(count, Guarded, finished);
        for (var i = finished.InitialCount; i > 0; i--)
        {
            Waiting.Add(work);
        }

        finished.Wait();
        work.failure?.Throw();
        return true;

        void Guarded(int part)
        {
            using var mode = isInference ? inference_mode() : no_grad();
            using var scope = NewDisposeScope();
            body(part);
        }
    }

    private static bool Start(int threads)
    {
        lock (Starting)
        {
            for (; areAlone && running < threads; running++)
            {
                using var told = new ManualResetEventSlim();
                using var set = new ManualResetEventSlim();
                using var asked = new ManualResetEventSlim();
                var alone = 0;
                var thread = new Thread(() =>
                {
                    // Asked for the first time, libtorch gives a thread the number that all have.
                    get_num_threads();
                    set_num_threads(1);
                    told.Set();
                    set.Wait();
                    alone = get_num_threads();
                    asked.Set();
                    Work();
                }) { IsBackground = true, Name = "GoogLeNet.Net part" };
                thread.Start();
                told.Wait();
                set_num_threads(threads);
                set.Set();
                asked.Wait();
                areAlone = alone == 1;
            }

            return areAlone;
        }
    }

    private static void Work()
    {
        foreach (var work in Waiting.GetConsumingEnumerable())
        {
            work.Take();
        }
    }

    private void Take()
    {
        for (int part; (part = Interlocked.Increment(ref taken) - 1) < count;)
        {
            try
            {
                body(part);
            }
            catch (Exception exception)
            {
                failure = ExceptionDispatchInfo.Capture(exception);
            }
        }

        finished.Signal();
    }
}
