using System.Runtime.InteropServices;

namespace Inception.Kernels;

/// <summary>Memory that kernels use while they run. Each thread keeps what it once needed, because the system clears memory that is new.</summary>
internal sealed unsafe class ScratchBuffer
{
    private const int CacheLine = 64;

    [ThreadStatic]
    private static ScratchBuffer? shared;

    [ThreadStatic]
    private static ScratchBuffer? perWorker;

    private float* start;
    private nuint length;

    private ScratchBuffer()
    {
    }

    /// <summary>Ends with its thread.</summary>
    ~ScratchBuffer() => NativeMemory.AlignedFree(start);

    /// <summary>Memory of one call of a kernel, which all its workers may use; valid until the calling thread's next call.</summary>
    /// <param name="count">How many numbers. They are not cleared.</param>
    public static float* Shared(nint count) => (shared ??= new()).Take((nuint)count);

    /// <summary>Memory of one range of a kernel; valid until this thread's next range.</summary>
    /// <param name="count">How many numbers. They are not cleared.</param>
    public static float* PerWorker(nint count) => (perWorker ??= new()).Take((nuint)count);

    // Begins at a cache line.
    private float* Take(nuint count)
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
