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

/// <summary>The 3×3 filters of a convolution in memory. The caller keeps the memory alive.</summary>
/// <param name="Address">Address of the first filter's upper left weight for the first input channel.</param>
/// <param name="OutputStride">Elements from one filter to the next.</param>
/// <param name="InputStride">Elements from one input channel to the next.</param>
/// <param name="TapStride">Elements from one of the nine weights to the next, row by row.</param>
internal readonly record struct FilterView(nint Address, nint OutputStride, nint InputStride, nint TapStride)
{
    /// <summary>Elements from one panel of 32 filters to the next.</summary>
    public nint PanelStride { get; init; } = GemmMicroKernel.NR * OutputStride;

    /// <summary>Filters without gaps.</summary>
    /// <param name="address">Address of the first weight.</param>
    /// <param name="inputs">Input channels.</param>
    /// <param name="channelsLast">Whether they lie as (K, 3, 3, C); otherwise as (K, C, 3, 3).</param>
    public static FilterView Dense(nint address, int inputs, bool channelsLast) =>
        channelsLast ? new(address, TileTransform.Taps * inputs, 1, inputs) : new(address, TileTransform.Taps * inputs, TileTransform.Taps, 1);

    /// <summary>Filters that are packed for matrix products.</summary>
    /// <param name="filters">3×3 filters.</param>
    public static unsafe FilterView Packed(PackedFilters filters) =>
        new((nint)filters.Filters(0), 1, GemmMicroKernel.NR, (nint)filters.Inputs * GemmMicroKernel.NR) { PanelStride = (nint)(filters.Depth + 1) * GemmMicroKernel.NR };

    /// <summary>Rotated by 180°, inputs and outputs exchanged: these filters make the input's gradient from the output's.</summary>
    /// <param name="elementSize">Bytes of an element.</param>
    public FilterView Transposed(int elementSize) => new(Address + ((TileTransform.Taps - 1) * TapStride * elementSize), InputStride, OutputStride, -TapStride);
}
