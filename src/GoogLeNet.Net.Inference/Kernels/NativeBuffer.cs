using System.Runtime.InteropServices;

namespace Inception.Kernels;

/// <summary>Native memory that grows to what is asked of it and is used again.</summary>
internal sealed unsafe class NativeBuffer : IDisposable
{
    private const int CacheLine = 64;

    private void* start;
    private long length;

    /// <summary>Frees the memory.</summary>
    ~NativeBuffer() => Free();

    /// <summary>Copies numbers from native memory.</summary>
    /// <param name="address">Address of the first one.</param>
    /// <param name="target">Receives as many as it holds.</param>
    public static void Read(nint address, Span<float> target) => new ReadOnlySpan<float>((void*)address, target.Length).CopyTo(target);

    /// <summary>Fills native memory with zeros.</summary>
    /// <param name="address">Address of the first number.</param>
    /// <param name="count">How many.</param>
    public static void Clear(nint address, long count) => NativeMemory.Clear((void*)address, checked((nuint)count * sizeof(float)));

    /// <summary>Calls a function with the address of numbers, which stay where they are meanwhile.</summary>
    public static TResult WithAddress<TResult>(ReadOnlySpan<float> numbers, Func<nint, TResult> function)
    {
        fixed (float* first = numbers)
        {
            return function((nint)first);
        }
    }

    /// <summary>The address of so many numbers, which are not cleared; valid until the next call.</summary>
    public nint Take(long count)
    {
        if (count > length)
        {
            Free();
            start = NativeMemory.AlignedAlloc(checked((nuint)count * sizeof(float)), CacheLine);
            length = count;
        }

        return (nint)start;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void Free()
    {
        NativeMemory.AlignedFree(start);
        start = null;
        length = 0;
    }
}
