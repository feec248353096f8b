using System.Diagnostics;

namespace Inception.Kernels;

/// <summary>
/// Threads that help whoever runs a kernel. Behind each work they wait awake for the next one for a while: one that sleeps comes back, in a virtual machine, after most calls of
/// kernels have ended.
/// </summary>
internal static class Helpers
{
    private const int MostWorks = 16;

    private static readonly Ranges?[] Works = new Ranges?[MostWorks];
    private static readonly object Sleep = new();
    private static int sleeping;
    private static int running;

    /// <summary>Calls as many threads as a work has places to take its ranges; none where more callers than can be noted ask at once.</summary>
    /// <returns>What <see cref="Dismiss"/> takes.</returns>
    public static int Call(Ranges work)
    {
        Start(work.Places);
        var slot = 0;
        while (Interlocked.CompareExchange(ref Works[slot], work, null) is not null)
        {
            if (++slot == MostWorks)
            {
                return -1;
            }
        }

        if (Volatile.Read(ref sleeping) > 0)
        {
            lock (Sleep)
            {
                for (var i = Math.Min(sleeping, work.Places); i > 0; i--)
                {
                    Monitor.Pulse(Sleep);
                }
            }
        }

        return slot;
    }

    /// <summary>Nobody has to begin with that work any more.</summary>
    public static void Dismiss(int slot)
    {
        if (slot >= 0)
        {
            Volatile.Write(ref Works[slot], null);
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
                new Thread(Help) { IsBackground = true, Name = "GoogLeNet.Net kernel" }.Start();
            }
        }
    }

    private static void Help()
    {
        for (var patience = 0; ;)
        {
            var work = NextAwake(patience) ?? NextAsleep();
            work.Take();
            patience = work.Patience;
        }
    }

    private static Ranges? NextAwake(int microseconds)
    {
        var (began, wait) = (Stopwatch.GetTimestamp(), default(SpinWait));
        while (Stopwatch.GetElapsedTime(began).TotalMicroseconds < microseconds)
        {
            if (Next() is { } work)
            {
                return work;
            }

            wait.SpinOnce(sleep1Threshold: -1);
        }

        return null;
    }

    private static Ranges NextAsleep()
    {
        lock (Sleep)
        {
            Interlocked.Increment(ref sleeping);
            Ranges? work;
            while ((work = Next()) is null)
            {
                Monitor.Wait(Sleep);
            }

            Interlocked.Decrement(ref sleeping);
            return work;
        }
    }

    private static Ranges? Next()
    {
        for (var slot = 0; slot < MostWorks; slot++)
        {
            if (Volatile.Read(ref Works[slot]) is { } work && work.TakePlace())
            {
                return work;
            }
        }

        return null;
    }
}
