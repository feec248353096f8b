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

    // As many threads as there are to be. Each gives itself the number 1 while the caller waits, and keeps it when the caller gives all others theirs back.
    private static bool Start(int threads)
    {
        lock (Starting)
        {
            for (; areAlone && running < threads; running++)
            {
                using var changed = new ManualResetEventSlim();
                using var restored = new ManualResetEventSlim();
                using var asked = new ManualResetEventSlim();
                var own = 0;
                void Begin()
                {
                    // Asked for the first time, libtorch gives a thread the number that all have.
                    get_num_threads();
                    set_num_threads(1);
                    changed.Set();
                    restored.Wait();
                    own = get_num_threads();
                    asked.Set();
                    Work();
                }

                new Thread(Begin) { IsBackground = true, Name = "GoogLeNet.Net part" }.Start();
                changed.Wait();
                set_num_threads(threads);
                restored.Set();
                asked.Wait();
                areAlone = own == 1;
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
