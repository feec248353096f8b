using System.Numerics;
using System.Runtime.CompilerServices;

namespace Inception.Kernels;

/// <summary>
/// Filters on their way to <see cref="GemmMicroKernel"/>, and their gradients on the way back. Transformed filters lie plane by plane, in panels of 32 filters:
/// (36, panels, inputs, 32).
/// </summary>
/// <typeparam name="T">The type of the filters in memory.</typeparam>
/// <typeparam name="TLoader">How it is read and written.</typeparam>
[SkipLocalsInit]
internal static unsafe class FilterTransform<T, TLoader> where T : unmanaged where TLoader : IElementLoader<T>
{
    private const int NR = GemmMicroKernel.NR;
    private const int Taps = TileTransform.Taps;

    // Input channels taken at once: as many float32 numbers lie in a cache line.
    private const int Block = 16;

    /// <summary>What transforms filters.</summary>
    /// <param name="filters">Where they lie.</param>
    /// <param name="shape">The convolution.</param>
    /// <param name="planes">(36, panels, inputs, 32).</param>
    public static ParallelWork Transform(FilterView filters, Conv2dShape shape, float* planes)
    {
        var (inputs, panels, blocks) = (shape.Inputs, shape.Panels, (shape.Inputs + Block - 1) / Block);
        return ParallelWork.OverItems(panels * blocks, TileTransform.Planes * Block * NR, i =>
        {
            var weights = stackalloc float[Block * Taps * NR];
            var (panel, first) = (i / blocks, i % blocks * Block);
            var count = Math.Min(Block, inputs - first);
            Gather(filters, panel, Math.Min(NR, shape.Outputs - (panel * NR)), first, count, weights);
            for (var c = 0; c < count; c++)
            {
                TileTransform.Weights(weights + (c * Taps * NR), planes + ((((nint)panel * inputs) + first + c) * NR), shape.FilterPlane);
            }
        });
    }

    /// <summary>Adds the two halves of the filters' gradient and writes it to the filters.</summary>
    /// <param name="halves">(2, 9, panels, inputs, 32).</param>
    /// <param name="shape">The convolution.</param>
    /// <param name="filters">Where they lie.</param>
    public static ParallelWork SumHalves(float* halves, Conv2dShape shape, FilterView filters)
    {
        var (inputs, panels, blocks) = (shape.Inputs, shape.Panels, (shape.Inputs + Block - 1) / Block);
        var weight = (nint)panels * inputs * NR;
        return ParallelWork.OverItems(panels * Taps * blocks, Block * NR, i =>
        {
            var (panel, tap, first) = (i / blocks / Taps, i / blocks % Taps, i % blocks * Block);
            var (filter, count) = (panel * NR, Math.Min(Block, inputs - first));
            var from = halves + (tap * weight) + ((((nint)panel * inputs) + first) * NR);
            for (var k = 0; k < Math.Min(NR, shape.Outputs - filter); k++, from++)
            {
                var to = (T*)filters.Address + ((filter + k) * filters.OutputStride) + (first * filters.InputStride) + (tap * filters.TapStride);
                for (var c = 0; c < count; c++)
                {
                    to[c * filters.InputStride] = TLoader.Narrow(from[c * NR] + from[(Taps * weight) + (c * NR)]);
                }
            }
        });
    }

    // Weights to (input channels, 9, 32).
    private static void Gather(FilterView filters, int panel, int count, int firstInput, int inputs, float* weights)
    {
        if (count < NR)
        {
            new Span<float>(weights, Block * Taps * NR).Clear();
        }

        if (filters.OutputStride == 1 && count == NR)
        {
            GatherPanel((T*)filters.Address + (panel * filters.PanelStride) + (firstInput * filters.InputStride), filters, inputs, weights);
            return;
        }

        for (var k = 0; k < count; k++)
        {
            var filter = (T*)filters.Address + (panel * filters.PanelStride) + (k * filters.OutputStride) + (firstInput * filters.InputStride);
            for (var tap = 0; tap < Taps; tap++)
            {
                var from = filter + (tap * filters.TapStride);
                for (var c = 0; c < inputs; c++)
                {
                    weights[(((c * Taps) + tap) * NR) + k] = TLoader.Widen(from[c * filters.InputStride]);
                }
            }
        }
    }

    // Of filters that lie side by side.
    private static void GatherPanel(T* filter, FilterView filters, int inputs, float* weights)
    {
        for (var c = 0; c < inputs; c++, filter += filters.InputStride)
        {
            for (var tap = 0; tap < Taps; tap++, weights += NR)
            {
                for (var k = 0; k < NR; k += 2 * Vector<float>.Count)
                {
                    TLoader.Load(filter + (tap * filters.TapStride) + k, out var low, out var high);
                    low.Store(weights + k);
                    high.Store(weights + k + Vector<float>.Count);
                }
            }
        }
    }
}
