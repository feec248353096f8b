using System.Runtime.ExceptionServices;

namespace Inception.Data;

/// <summary>Computes the values of consecutive steps on a background thread, one ahead of the consumer.</summary>
internal sealed class Prefetcher<T> : IDisposable
{
    private readonly Func<int, T> make;
    private readonly Action<T> discard;
    private readonly SemaphoreSlim wanted = new(1);
    private readonly SemaphoreSlim ready = new(0);
    private readonly Thread worker;
    private volatile bool stopped;
    private (T Value, ExceptionDispatchInfo? Error)? made;

    /// <summary>Begins with the first step at once.</summary>
    /// <param name="first">First step.</param>
    /// <param name="end">One more than the last step.</param>
    /// <param name="make">Makes the value of a step, on the worker.</param>
    /// <param name="discard">Releases a value that nobody took.</param>
    public Prefetcher(int first, int end, Func<int, T> make, Action<T> discard)
    {
        this.make = make;
        this.discard = discard;
        worker = new Thread(() => Work(first, end)) { IsBackground = true, Name = "GoogLeNet.Net batches" };
        worker.Start();
    }

    /// <summary>The next step's value, once it is ready; the worker goes on with the one after. At most one call for each step.</summary>
    /// <exception cref="Exception">What <c>make</c> threw, which ends the work.</exception>
    public T Take()
    {
        ready.Wait();
        var (value, error) = made!.Value;
        error?.Throw();
        made = null;
        wanted.Release();
        return value;
    }

    /// <summary>Stops the worker after its current step, and releases the value that nobody took.</summary>
    public void Dispose()
    {
        stopped = true;
        wanted.Release();
        worker.Join();
        if (made is { Error: null, Value: var value })
        {
            discard(value);
        }

        wanted.Dispose();
        ready.Dispose();
    }

    private void Work(int first, int end)
    {
        for (var step = first; step < end; step++)
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
