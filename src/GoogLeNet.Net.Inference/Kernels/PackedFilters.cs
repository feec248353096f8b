namespace Inception.Kernels;

/// <summary>Filters packed for <see cref="GemmMicroKernel"/>: panels (taps · C, 32) of 32 filters, one after the other, the last one filled up with zeros.</summary>
internal sealed unsafe class PackedFilters
{
    private const int NR = GemmMicroKernel.NR;

    private readonly float* packed;

    /// <summary>Packs filters.</summary>
    /// <param name="memory">Where the packed filters will lie.</param>
    /// <param name="weight">(K, C, kernel, kernel).</param>
    /// <param name="bias">(K).</param>
    /// <param name="kernel">Height and width of a filter.</param>
    public PackedFilters(FilterMemory memory, ReadOnlySpan<float> weight, ReadOnlySpan<float> bias, int kernel)
    {
        (Outputs, Depth, Kernel) = (bias.Length, weight.Length / bias.Length, kernel);
        Inputs = Depth / kernel / kernel;
        packed = memory.Take((long)Panels * (Depth + 1) * NR);
        var taps = kernel * kernel;
        for (var panel = 0; panel < Panels; panel++)
        {
            // Memory in its order: to write it for the first time is what costs most.
            var columns = Math.Min(NR, Outputs - (panel * NR));
            var filters = weight[(panel * NR * Depth)..];
            var to = Filters(panel);
            for (var tap = 0; tap < taps; tap++)
            {
                for (var c = 0; c < Inputs; c++, to += NR)
                {
                    var from = (c * taps) + tap;
                    for (var column = 0; column < NR; column++, from += Depth)
                    {
                        to[column] = column < columns ? filters[from] : 0;
                    }
                }
            }

            var biases = new Span<float>(Biases(panel), NR);
            biases.Clear();
            bias.Slice(panel * NR, columns).CopyTo(biases);
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
    public float* Filters(int panel) => packed + ((nint)panel * (Depth + 1) * NR);

    /// <summary>A panel's biases, (32).</summary>
    public float* Biases(int panel) => Filters(panel) + ((nint)Depth * NR);
}

/// <summary>Filters packed for <see cref="WinogradConv2d"/>, which are used again and again.</summary>
internal sealed unsafe class WinogradFilters
{
    /// <summary>Packs filters.</summary>
    /// <param name="memory">Where the packed filters will lie.</param>
    /// <param name="filters">3×3 filters.</param>
    public WinogradFilters(FilterMemory memory, PackedFilters filters)
    {
        var shape = new Conv2dShape(1, 1, 1, filters.Inputs, filters.Outputs);
        Packed = memory.Take(WinogradConv2d.PackedSize(shape));
        ParallelFor.Run(1, WinogradConv2d.For(ElementType.Float32).PackFilters(FilterView.Packed(filters), 0, shape, Packed));

        var biases = Packed + WinogradConv2d.PackedSize(shape) - (shape.Panels * GemmMicroKernel.NR);
        for (var panel = 0; panel < filters.Panels; panel++)
        {
            new ReadOnlySpan<float>(filters.Biases(panel), GemmMicroKernel.NR).CopyTo(new Span<float>(biases + (panel * GemmMicroKernel.NR), GemmMicroKernel.NR));
        }
    }

    /// <summary>Transformed filters and biases.</summary>
    public float* Packed { get; }
}

/// <summary>Memory of a network's packed filters, in blocks that are large enough for large pages. Safe from many threads.</summary>
internal sealed unsafe class FilterMemory : IDisposable
{
    // Numbers: 4 MB.
    private const long Block = 1 << 20;
    private const long CacheLine = 16;

    private readonly List<NativeBuffer> blocks = [];
    private float* free;
    private long left;

    /// <summary>The address of so many numbers, which are not cleared; valid until this is disposed.</summary>
    public float* Take(long count)
    {
        lock (blocks)
        {
            var taken = (count + CacheLine - 1) / CacheLine * CacheLine;
            if (taken > left || NativeBuffer.Source is not null)
            {
                var block = new NativeBuffer();
                blocks.Add(block);
                left = NativeBuffer.Source is null ? Math.Max(taken, Block) : count;
                free = (float*)block.Take(left);
            }

            var start = free;
            free += taken;
            left -= taken;
            return start;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => blocks.ForEach(block => block.Dispose());
}
