using System.Runtime.InteropServices;

namespace Inception.Kernels;

/// <summary>
/// Memory of kernels while they run. Each thread keeps what it once needed: memory that is new each time would be cleared by the system each time.
/// </summary>
internal sealed unsafe class Scratch
{
    private const int CacheLine = 64;

    [ThreadStatic]
    private static Scratch? ofCall;

    [ThreadStatic]
    private static Scratch? ofRange;

    private float* start;
    private nuint length;

    private Scratch()
    {
    }

    /// <summary>Ends with its thread.</summary>
    ~Scratch() => NativeMemory.AlignedFree(start);

    /// <summary>Memory that all threads share during one call of a kernel; the calling thread's, until its next call.</summary>
    /// <param name="count">How many numbers; they are anything.</param>
    public static float* OfCall(nint count) => (ofCall ??= new()).Of((nuint)count);

    /// <summary>Memory for one range of a kernel; this thread's, until the next range.</summary>
    /// <param name="count">How many numbers; they are anything.</param>
    public static float* OfRange(nint count) => (ofRange ??= new()).Of((nuint)count);

    // Begins at a cache line.
    private float* Of(nuint count)
    {
        if (count > length)
        {
            NativeMemory.AlignedFree(start);
            start = null;
            length = 0;
            start = (float*)NativeMemory.AlignedAlloc(count * sizeof(float), CacheLine);
            length = count;
        }

        return start;
    }
}
