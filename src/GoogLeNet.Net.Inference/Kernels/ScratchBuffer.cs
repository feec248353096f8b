namespace Inception.Kernels;

/// <summary>Memory that kernels use while they run. Each thread keeps what it once needed, because the system clears memory that is new.</summary>
internal static unsafe class ScratchBuffer
{
    [ThreadStatic]
    private static NativeBuffer? shared;

    [ThreadStatic]
    private static NativeBuffer? perWorker;

    /// <summary>Memory of one call of a kernel, which all its workers may use; valid until the calling thread's next call.</summary>
    /// <param name="count">How many numbers. They are not cleared.</param>
    public static float* Shared(nint count) => (float*)(shared ??= new()).Take(count);

    /// <summary>Memory of one range of a kernel; valid until this thread's next range.</summary>
    /// <param name="count">How many numbers. They are not cleared.</param>
    public static float* PerWorker(nint count) => (float*)(perWorker ??= new()).Take(count);
}
