using static TorchSharp.torch;

namespace Inception.Kernels;

/// <summary>Runs a kernel on as many threads as libtorch's operators use.</summary>
internal static class Ranges
{
    // Numbers worth waking another thread for.
    private const int Grain = 131_072;

    /// <summary>Calls <paramref name="body"/> with 0, 1, … <paramref name="count"/> − 1, in order within each of as many ranges as there are threads.</summary>
    /// <param name="count">How many calls.</param>
    /// <param name="size">Numbers that one call computes.</param>
    /// <param name="body">One call; must not throw.</param>
    public static void Run(int count, int size, Action<int> body)
    {
        var threads = (int)Math.Min(get_num_threads(), Math.Max(1, (long)count * size / Grain));
        if (threads == 1)
        {
            Range(0, count, body);
            return;
        }

        Parallel.For(0, threads, new ParallelOptions { MaxDegreeOfParallelism = threads }, thread =>
            Range((int)((long)count * thread / threads), (int)((long)count * (thread + 1) / threads), body));
    }

    private static void Range(int start, int end, Action<int> body)
    {
        for (var i = start; i < end; i++)
        {
            body(i);
        }
    }
}
