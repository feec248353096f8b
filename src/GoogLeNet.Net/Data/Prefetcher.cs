using System.Runtime.ExceptionServices;

namespace Inception.Data;

/// <summary>Computes the values of consecutive steps on background threads, a few ahead of the consumer.</summary>
internal sealed class Prefetcher<T> : IDisposable
{
    private readonly CancellationTokenSource stop;
    private readonly Worker[] workers;
    private int taken;

    /// <summary>Begins with the first steps at once.</summary>
    /// <param name="first">First step.</param>
    /// <param name="end">One more than the last step.</param>
    /// <param name="make">Makes the value of a step, on a worker, until the token is canceled.</param>
    /// <param name="discard">Releases a value that nobody took.</param>
    /// <param name="ahead">Steps that are made at once, each on a thread of its own.</param>
    /// <param name="cancellationToken">Stops the work; the steps at hand then throw.</param>
    public Prefetcher(int first, int end, Func<int, CancellationToken, T> make, Action<T> discard, int ahead = 1, CancellationToken cancellationToken = default)
    {
        stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        workers = [.. Enumerable.Range(0, ahead).Select(i => new Worker(first + i, end, ahead, step => make(step, stop.Token), discard))];
    }

    /// <summary>The next step's value, once it is ready; its worker goes on with the one after. At most one call for each step.</summary>
    /// <exception cref="Exception">What <c>make</c> threw, which ends the work.</exception>
    public T Take() => workers[taken++ % workers.Length].Take();

    /// <summary>Stops the workers in their current steps, and releases the values that nobody took.</summary>
    public void Dispose()
    {
        stop.Cancel();
        foreach (var worker in workers)
        {
            worker.Dispose();
        }

        stop.Dispose();
    }

    /// <summary>One thread, which makes every n-th step's value and waits until it is taken.</summary>
    private sealed class Worker : IDisposable
    {
        private readonly Func<int, T> make;
        private readonly Action<T> discard;
        private readonly SemaphoreSlim wanted = new(1);
        private readonly SemaphoreSlim ready = new(0);
        private readonly Thread thread;
        private volatile bool stopped;
        private (T Value, ExceptionDispatchInfo? Error)? made;

        public Worker(int first, int end, int stride, Func<int, T> make, Action<T> discard)
        {
            this.make = make;
            this.discard = discard;
            thread = new Thread(() => Work(first, end, stride)) { IsBackground = true, Name = "GoogLeNet.Net batches" };
            thread.Start();
        }

        public T Take()
        {
            ready.Wait();
            var (value, error) = made!.Value;
            error?.Throw();
            made = null;
            wanted.Release();
            return value;
        }

        public void Dispose()
        {
            stopped = true;
            wanted.Release();
            thread.Join();
            if (made is { Error: null, Value: var value })
            {
                discard(value);
            }

            wanted.Dispose();
            ready.Dispose();
        }

        private void Work(int first, int end, int stride)
        {
            for (var step = first; step < end; step += stride)
            {
                wanted.Wait();
                if (stopped)
                {
                    return;
                }

                var result = Make(step);
                made = result;
                ready.Release();
                if (result.Error is not null)
                {
                    return;
                }
            }
        }

        private (T Value, ExceptionDispatchInfo? Error) Make(int step)
        {
            try
            {
                return (make(step), null);
            }
            catch (Exception error)
            {
                return (default!, ExceptionDispatchInfo.Capture(error));
            }
        }
    }
}
