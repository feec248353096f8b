namespace Inception.Kernels;

/// <summary>Worker threads for parallel loops. They sleep while there is nothing to do.</summary>
internal static class WorkerPool
{
    private const int MaxLoops = 16;

    private static readonly ParallelFor?[] Loops = new ParallelFor?[MaxLoops];
    private static readonly object Sleep = new();
    private static int sleeping;
    private static int running;

    /// <summary>Offers a loop to as many workers as it has places; to none where more callers than there are slots ask at once.</summary>
    /// <returns>The loop's slot, for <see cref="Retract"/>, or −1.</returns>
    public static int Post(ParallelFor loop)
    {
        Start(loop.Places);
        var slot = 0;
        while (Interlocked.CompareExchange(ref Loops[slot], loop, null) is not null)
        {
            if (++slot == MaxLoops)
            {
                return -1;
            }
        }

        if (Volatile.Read(ref sleeping) > 0)
        {
            lock (Sleep)
            {
                for (var i = Math.Min(sleeping, loop.Places); i > 0; i--)
                {
                    Monitor.Pulse(Sleep);
                }
            }
        }

        return slot;
    }

    /// <summary>Withdraws the offer: no more workers join.</summary>
    public static void Retract(int slot)
    {
        if (slot >= 0)
        {
            Volatile.Write(ref Loops[slot], null);
        }
    }

    private static void Start(int count)
    {
        if (Volatile.Read(ref running) >= count)
        {
            return;
        }

        lock (Sleep)
        {
            for (; running < count; running++)
            {
                new Thread(Work) { IsBackground = true, Name = "GoogLeNet.Net worker" }.Start();
            }
        }
    }

    private static void Work()
    {
        for (; ; )
        {
            WaitForWork().DoRanges();
        }
    }

    private static ParallelFor WaitForWork()
    {
        lock (Sleep)
        {
            Interlocked.Increment(ref sleeping);
            ParallelFor? loop;
            while ((loop = Join()) is null)
            {
                Monitor.Wait(Sleep);
            }

            Interlocked.Decrement(ref sleeping);
            return loop;
        }
    }

    private static ParallelFor? Join()
    {
        for (var slot = 0; slot < MaxLoops; slot++)
        {
            if (Volatile.Read(ref Loops[slot]) is { } loop && loop.TryJoin())
            {
                return loop;
            }
        }

        return null;
    }
}
