using System.Runtime.InteropServices;

namespace Inception.Kernels;

/// <summary>Filters packed for <see cref="WinogradConv2d"/>, which are used again and again.</summary>
internal sealed unsafe class WinogradFilters : IDisposable
{
    private const int CacheLine = 64;

    /// <summary>Packs filters.</summary>
    /// <param name="filters">3×3 filters of one group.</param>
    /// <param name="outputs">How many.</param>
    public WinogradFilters(PackedFilters filters, int outputs)
    {
        var shape = new Conv2dShape(1, 1, 1, filters.Inputs, outputs);
        Packed = (float*)NativeMemory.AlignedAlloc((nuint)WinogradConv2d.PackedSize(shape) * sizeof(float), CacheLine);
        ParallelFor.Run(1, WinogradConv2d.For(ElementType.Float32).PackFilters(FilterView.Packed(filters), 0, shape, Packed));

        var biases = Packed + WinogradConv2d.PackedSize(shape) - (shape.Panels * GemmMicroKernel.NR);
        for (var panel = 0; panel < filters.Panels.Length; panel++)
        {
            new ReadOnlySpan<float>(filters.Biases(panel), GemmMicroKernel.NR).CopyTo(new Span<float>(biases + (panel * GemmMicroKernel.NR), GemmMicroKernel.NR));
        }
    }

    /// <summary>Frees the memory.</summary>
    ~WinogradFilters() => Free();

    /// <summary>Transformed filters and biases.</summary>
    public float* Packed { get; private set; }

    /// <inheritdoc/>
    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void Free()
    {
        NativeMemory.AlignedFree(Packed);
        Packed = null;
    }
}
