using System.Numerics;
using System.Runtime.CompilerServices;
using static TorchSharp.torch;

namespace Inception.Kernels;

/// <summary>
/// A convolution's work as products of matrices, in float32: patches (pixels, taps · C) by filters (taps · C, K), some pixels by 32 filters at a time. Patches of a 1×1
/// convolution are the pixels themselves. Each output is one chain of sums, whatever is computed beside it: it has the same bits in any batch, on any number of threads.
/// </summary>
/// <param name="input">(N, H, W, C).</param>
/// <param name="stride">Numbers from one of its pixels to the next.</param>
/// <param name="filters">(taps, C, K).</param>
/// <param name="biases">One for each output channel.</param>
/// <param name="relu">Whether outputs below 0 become 0.</param>
/// <param name="panels">Which filters are taken together, and where their outputs go.</param>
/// <param name="shape">The convolution.</param>
/// <param name="kernel">Taps along one side; odd.</param>
[SkipLocalsInit]
internal sealed unsafe class PatchPass(
    float* input, int stride, float* filters, float* biases, bool relu, PatchPanel[] panels, ConvolutionShape shape, int kernel)
{
    private const int Columns = ProductKernel.Columns;

    // Numbers of patches taken at once, a megabyte.
    private const int Cached = 1 << 18;

    // Multiplications in a range: some tens of microseconds.
    private const long Grain = 1 << 21;
    private const int RangesOfAThread = 4;

    private readonly int depth = kernel * kernel * shape.Inputs;

    /// <summary>What computes the outputs. Some panels of filters, or some pixels for all of them, are a range.</summary>
    public KernelCall Call()
    {
        var ranges = (int)Math.Clamp((long)shape.Pixels * depth * shape.Outputs / Grain, 1, RangesOfAThread * get_num_threads());
        var parts = Parts((ranges + panels.Length - 1) / panels.Length);
        var splits = Math.Clamp((ranges + parts - 1) / parts, 1, panels.Length);
        return new(parts * splits, range =>
        {
            var (part, split) = Math.DivRem(range, splits);
            var (start, end) = ((int)((long)shape.Pixels * part / parts), (int)((long)shape.Pixels * (part + 1) / parts));
            Run(start, end - start, (panels.Length * split / splits)..(panels.Length * (split + 1) / splits));
        });
    }

    // How many parts the pixels are taken in: as many as asked for or as keep one in the cache, but none of a few pixels.
    private int Parts(int fewest)
    {
        const int Pixels = 4 * ProductKernel.ManyRows;
        var most = Math.Max(Cached / depth, Pixels);
        return Math.Max((shape.Pixels + most - 1) / most, Math.Min(fewest, shape.Pixels / Pixels));
    }

    // Some pixels, 4 at least, for some panels of filters.
    private void Run(int start, int count, Range taken)
    {
        var products = Scratch.OfRange((nint)count * (kernel > 1 ? Columns + depth : Columns));
        float* rows = input + ((nint)start * stride), patches = products + ((nint)count * Columns);
        nint row = stride;
        if (kernel > 1)
        {
            LayPatches(start, count, patches);
            rows = patches;
            row = depth;
        }

        foreach (var panel in panels[taken])
        {
            // The last four pixels take some of those before once more where there is a remainder: two threads may write the same numbers to the same place.
            var column = panel.Filter;
            var whole = count / ProductKernel.Rows * ProductKernel.Rows;
            ProductKernel.Multiply(whole, depth, rows, row, 1, filters + column, shape.Outputs, products, adds: false);
            if (whole < count)
            {
                var last = (nint)count - ProductKernel.Rows;
                ProductKernel.Multiply(ProductKernel.Rows, depth, rows + (last * row), row, 1, filters + column, shape.Outputs, products + (last * Columns), adds: false);
            }

            Finish(products, count, biases + column, panel.Output + ((nint)start * panel.Stride), panel.Stride);
        }
    }

    private void LayPatches(int start, int count, float* patches)
    {
        var around = kernel / 2;
        for (var pixel = start; pixel < start + count; pixel++)
        {
            var (line, x) = Math.DivRem(pixel, shape.Width);
            var y = line % shape.Height;
            for (var tap = 0; tap < kernel * kernel; tap++, patches += shape.Inputs)
            {
                var (down, right) = ((tap / kernel) - around, (tap % kernel) - around);
                var patch = new Span<float>(patches, shape.Inputs);
                if ((uint)(y + down) < (uint)shape.Height && (uint)(x + right) < (uint)shape.Width)
                {
                    new ReadOnlySpan<float>(input + ((nint)(pixel + (down * shape.Width) + right) * stride), shape.Inputs).CopyTo(patch);
                }
                else
                {
                    patch.Clear();
                }
            }
        }
    }

    private void Finish(float* products, int count, float* shifts, float* to, int outputStride)
    {
        for (var pixel = 0; pixel < count; pixel++, products += Columns, to += outputStride)
        {
            for (var c = 0; c < Columns; c += Vector<float>.Count)
            {
                var value = Vector.Load(products + c) + Vector.Load(shifts + c);
                Lanes.Activate(value, relu).Store(to + c);
            }
        }
    }
}
