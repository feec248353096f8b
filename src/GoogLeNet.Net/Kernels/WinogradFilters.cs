using System.Numerics;
using System.Runtime.CompilerServices;

namespace Inception.Kernels;

/// <summary>
/// Filters on their way to <see cref="ProductKernel"/>, and their gradients on the way back. Transformed filters lie plane by plane, in panels of 32 filters:
/// (36, panels, inputs, 32).
/// </summary>
/// <typeparam name="T">The type of the filters in memory.</typeparam>
/// <typeparam name="TLanes">How it is read and written.</typeparam>
[SkipLocalsInit]
internal static unsafe class WinogradFilters<T, TLanes> where T : unmanaged where TLanes : ILanes<T>
{
    private const int Columns = ProductKernel.Columns;
    private const int Taps = WinogradTiles.Taps;

    // Input channels taken at once: as many float32 numbers lie in a cache line.
    private const int Block = 16;

    /// <summary>What transforms filters.</summary>
    /// <param name="filters">Where they lie.</param>
    /// <param name="shape">The convolution.</param>
    /// <param name="planes">(36, panels, inputs, 32).</param>
    public static KernelCall Transform(FilterMemory filters, ConvolutionShape shape, float* planes)
    {
        var (inputs, panels, blocks) = (shape.Inputs, shape.Panels, (shape.Inputs + Block - 1) / Block);
        return KernelCall.OfItems(panels * blocks, WinogradTiles.Planes * Block * Columns, i =>
        {
            var weights = stackalloc float[Block * Taps * Columns];
            var (panel, first) = (i / blocks, i % blocks * Block);
            var count = Math.Min(Block, inputs - first);
            Gather(filters, panel * Columns, Math.Min(Columns, shape.Outputs - (panel * Columns)), first, count, weights);
            for (var c = 0; c < count; c++)
            {
                WinogradTiles.Weights(weights + (c * Taps * Columns), planes + ((((nint)panel * inputs) + first + c) * Columns), shape.FilterPlane);
            }
        });
    }

    /// <summary>Adds the two parts of the filters' gradient, and puts it where it belongs.</summary>
    /// <param name="parts">(2, 9, panels, inputs, 32).</param>
    /// <param name="shape">The convolution.</param>
    /// <param name="filters">Where they lie.</param>
    public static void Add(float* parts, ConvolutionShape shape, FilterMemory filters)
    {
        var (inputs, panels, blocks) = (shape.Inputs, shape.Panels, (shape.Inputs + Block - 1) / Block);
        var weight = (nint)panels * inputs * Columns;
        Ranges.Run(panels * Taps * blocks, Block * Columns, i =>
        {
            var (panel, tap, first) = (i / blocks / Taps, i / blocks % Taps, i % blocks * Block);
            var (filter, count) = (panel * Columns, Math.Min(Block, inputs - first));
            var from = parts + (tap * weight) + ((((nint)panel * inputs) + first) * Columns);
            for (var k = 0; k < Math.Min(Columns, shape.Outputs - filter); k++, from++)
            {
                var to = (T*)filters.First + ((filter + k) * filters.Output) + (first * filters.Input) + (tap * filters.Tap);
                for (var c = 0; c < count; c++)
                {
                    to[c * filters.Input] = TLanes.Narrow(from[c * Columns] + from[(Taps * weight) + (c * Columns)]);
                }
            }
        });
    }

    // Weights to (input channels, 9, 32).
    private static void Gather(FilterMemory filters, int first, int count, int firstInput, int inputs, float* weights)
    {
        if (count < Columns)
        {
            new Span<float>(weights, Block * Taps * Columns).Clear();
        }

        if (filters.Output == 1 && count == Columns)
        {
            GatherPanel((T*)filters.First + first + (firstInput * filters.Input), filters, inputs, weights);
            return;
        }

        for (var k = 0; k < count; k++)
        {
            var filter = (T*)filters.First + ((first + k) * filters.Output) + (firstInput * filters.Input);
            for (var tap = 0; tap < Taps; tap++)
            {
                var from = filter + (tap * filters.Tap);
                for (var c = 0; c < inputs; c++)
                {
                    weights[(((c * Taps) + tap) * Columns) + k] = TLanes.Widen(from[c * filters.Input]);
                }
            }
        }
    }

    // Of filters that lie side by side.
    private static void GatherPanel(T* filter, FilterMemory filters, int inputs, float* weights)
    {
        for (var c = 0; c < inputs; c++, filter += filters.Input)
        {
            for (var tap = 0; tap < Taps; tap++, weights += Columns)
            {
                for (var k = 0; k < Columns; k += 2 * Vector<float>.Count)
                {
                    TLanes.Load(filter + (tap * filters.Tap) + k, out var low, out var high);
                    low.Store(weights + k);
                    high.Store(weights + k + Vector<float>.Count);
                }
            }
        }
    }
}
