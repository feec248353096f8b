using System.Runtime.CompilerServices;

namespace Inception.Kernels;

/// <summary>
/// Memory of kernels while they run. Each thread keeps what it once needed: memory that is new each time would be cleared by the system each time.
/// </summary>
internal static unsafe class Scratch
{
    private const int CacheLine = 64;

    [ThreadStatic]
    private static float[]? ofCall;

    [ThreadStatic]
    private static float[]? ofRange;

    /// <summary>Memory that all threads share during one call of a kernel; the calling thread's, until its next call.</summary>
    /// <param name="count">How many numbers; they are anything.</param>
    public static float* OfCall(long count) => At(ref ofCall, count);

    /// <summary>Memory for one range of a kernel; this thread's, until the next range.</summary>
    /// <param name="count">How many numbers; they are anything.</param>
    public static float* OfRange(long count) => At(ref ofRange, count);

    // Pinned, and begins at a cache line.
    private static float* At(ref float[]? array, long count)
    {
        var length = checked((int)count + (CacheLine / sizeof(float)));
        if (array is null || array.Length < length)
        {
            array = GC.AllocateUninitializedArray<float>(length, pinned: true);
        }

        var start = (nint)Unsafe.AsPointer(ref array[0]);
        return (float*)((start + CacheLine - 1) & ~(nint)(CacheLine - 1));
    }
}
