namespace Inception.Kernels;

/// <summary>Filters packed for <see cref="GemmMicroKernel"/>: panels (taps · C, 32) of 32 filters, one after the other, the last one filled up with zeros.</summary>
internal sealed unsafe class PackedFilters : IDisposable
{
    private const int NR = GemmMicroKernel.NR;

    private readonly NativeBuffer buffer = new();
    private readonly float* memory;

    /// <summary>Packs filters.</summary>
    /// <param name="weight">(K, C, kernel, kernel).</param>
    /// <param name="bias">(K).</param>
    /// <param name="kernel">Height and width of a filter.</param>
    public PackedFilters(ReadOnlySpan<float> weight, ReadOnlySpan<float> bias, int kernel)
    {
        (Outputs, Depth, Kernel) = (bias.Length, weight.Length / bias.Length, kernel);
        Inputs = Depth / kernel / kernel;
        var size = (long)Panels * (Depth + 1) * NR;
        memory = (float*)buffer.Take(size);
        NativeBuffer.Clear((nint)memory, size);
        for (var k = 0; k < Outputs; k++)
        {
            var (panel, column) = Math.DivRem(k, NR);
            var filter = weight.Slice(k * Depth, Depth);
            var packed = Filters(panel) + column;
            Biases(panel)[column] = bias[k];
            for (var c = 0; c < Inputs; c++)
            {
                for (var tap = 0; tap < kernel * kernel; tap++)
                {
                    packed[(((nint)tap * Inputs) + c) * NR] = filter[(c * kernel * kernel) + tap];
                }
            }
        }
    }

    /// <summary>Channels of the input.</summary>
    public int Inputs { get; }

    /// <summary>Channels of the output: the number of filters.</summary>
    public int Outputs { get; }

    /// <summary>Height and width of a filter.</summary>
    public int Kernel { get; }

    /// <summary>Taps · channels of the input.</summary>
    public int Depth { get; }

    /// <summary>Number of panels.</summary>
    public int Panels => (Outputs + NR - 1) / NR;

    /// <summary>A panel's filters, (taps · C, 32).</summary>
    public float* Filters(int panel) => memory + ((nint)panel * (Depth + 1) * NR);

    /// <summary>A panel's biases, (32).</summary>
    public float* Biases(int panel) => Filters(panel) + ((nint)Depth * NR);

    /// <inheritdoc/>
    public void Dispose() => buffer.Dispose();
}

/// <summary>Filters packed for <see cref="WinogradConv2d"/>, which are used again and again.</summary>
internal sealed unsafe class WinogradFilters : IDisposable
{
    private readonly NativeBuffer buffer = new();

    /// <summary>Packs filters.</summary>
    /// <param name="filters">3×3 filters.</param>
    public WinogradFilters(PackedFilters filters)
    {
        var shape = new Conv2dShape(1, 1, 1, filters.Inputs, filters.Outputs);
        Packed = (float*)buffer.Take(WinogradConv2d.PackedSize(shape));
        ParallelFor.Run(1, WinogradConv2d.For(ElementType.Float32).PackFilters(FilterView.Packed(filters), 0, shape, Packed));

        var biases = Packed + WinogradConv2d.PackedSize(shape) - (shape.Panels * GemmMicroKernel.NR);
        for (var panel = 0; panel < filters.Panels; panel++)
        {
            new ReadOnlySpan<float>(filters.Biases(panel), GemmMicroKernel.NR).CopyTo(new Span<float>(biases + (panel * GemmMicroKernel.NR), GemmMicroKernel.NR));
        }
    }

    /// <summary>Transformed filters and biases.</summary>
    public float* Packed { get; }

    /// <inheritdoc/>
    public void Dispose() => buffer.Dispose();
}
