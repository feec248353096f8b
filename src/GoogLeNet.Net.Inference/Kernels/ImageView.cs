using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Inception.Kernels;

/// <summary>Images in memory with channels last, (N, H, W, C), or some of the channels of such images. The caller keeps the memory alive.</summary>
/// <param name="Address">Address of the first pixel's first channel.</param>
/// <param name="PixelStride">Elements from one pixel to the next; at least <paramref name="Channels"/>.</param>
/// <param name="Channels">Number of channels.</param>
internal readonly record struct ImageView(nint Address, int PixelStride, int Channels)
{
    /// <summary>Images in native memory.</summary>
    /// <param name="memory">Starts at the first pixel's first channel. Native: the garbage collector must not move it.</param>
    /// <param name="pixelStride">Elements from one pixel to the next.</param>
    /// <param name="channels">Number of channels.</param>
    public static ImageView Over(ReadOnlySpan<byte> memory, int pixelStride, int channels) => new(AddressOf(memory), pixelStride, channels);

    /// <summary>The address of native memory, which the garbage collector must not move.</summary>
    public static unsafe nint AddressOf(ReadOnlySpan<byte> memory) => (nint)Unsafe.AsPointer(ref MemoryMarshal.GetReference(memory));

    /// <summary>Some of the channels.</summary>
    /// <param name="first">The first one.</param>
    /// <param name="count">How many.</param>
    /// <param name="elementSize">Bytes of an element.</param>
    public ImageView Slice(int first, int count, int elementSize = sizeof(float)) => new(Address + ((nint)first * elementSize), PixelStride, count);
}

/// <summary>The type of the numbers that kernels read and write. They compute in float32.</summary>
internal enum ElementType
{
    /// <summary>float32.</summary>
    Float32,

    /// <summary>bfloat16: the upper half of a float32.</summary>
    BFloat16,
}
