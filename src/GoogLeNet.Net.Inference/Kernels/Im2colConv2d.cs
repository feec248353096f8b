using System.Numerics;
using System.Runtime.CompilerServices;

namespace Inception.Kernels;

/// <summary>Sizes of a convolution of images with channels last; what a window reaches beyond the image counts as zeros.</summary>
/// <param name="Images">N.</param>
/// <param name="Height">H of the input, in pixels.</param>
/// <param name="Width">W of the input.</param>
/// <param name="Rows">H of the output.</param>
/// <param name="Columns">W of the output.</param>
/// <param name="Stride">Pixels from one window to the next.</param>
/// <param name="Top">Rows by which the first window starts above the image.</param>
/// <param name="Left">Columns by which it starts to the left of the image.</param>
internal readonly record struct WindowShape(int Images, int Height, int Width, int Rows, int Columns, int Stride, int Top, int Left);

/// <summary>
/// A convolution as matrix products: im2col patches (pixels, taps · C) by packed filters (taps · C, 32). The patches of a 1×1 convolution are the pixels themselves. Each
/// output is one chain of sums, whatever is computed beside it: it has the same bits in any batch and on any number of threads.
/// </summary>
/// <param name="input">(N, H, W, C).</param>
/// <param name="filters">K filters.</param>
/// <param name="relu">Whether ReLU follows.</param>
/// <param name="output">(N, H', W', K).</param>
/// <param name="shape">The sizes.</param>
[SkipLocalsInit]
internal sealed unsafe class Im2colConv2d(ImageView input, PackedFilters filters, bool relu, ImageView output, WindowShape shape)
{
    private const int NR = GemmMicroKernel.NR;
    private const int MR = GemmMicroKernel.MR;

    // Numbers of patches laid out at once: a megabyte.
    private const int MaxPatches = 1 << 18;

    // Multiplications in a range: some tens of microseconds.
    private const long Grain = 1 << 21;
    private const int RangesPerThread = 4;

    private readonly int pixels = shape.Images * shape.Rows * shape.Columns;
    private readonly bool readsPixels = filters.Kernel == 1 && shape.Stride == 1;

    /// <summary>The work. A range is some pixels for some panels of filters.</summary>
    /// <param name="threads">How many threads will do it.</param>
    public ParallelWork Work(int threads)
    {
        var panels = filters.Panels;
        var ranges = (int)Math.Clamp((long)pixels * filters.Depth * panels * NR / Grain, 1, RangesPerThread * threads);
        var parts = Parts((ranges + panels - 1) / panels);
        var splits = Math.Clamp((ranges + parts - 1) / parts, 1, panels);
        return new(parts * splits, range =>
        {
            var (part, split) = Math.DivRem(range, splits);
            var (start, end) = ((int)((long)pixels * part / parts), (int)((long)pixels * (part + 1) / parts));
            Run(start, end - start, panels * split / splits, panels * (split + 1) / splits);
        });
    }

    // In how many parts the pixels are taken: as many as asked for or as keep one in the cache, but none of a few pixels.
    private int Parts(int wanted)
    {
        const int MinPixels = 48;
        var most = Math.Max(MaxPatches / filters.Depth, MinPixels);
        return Math.Max((pixels + most - 1) / most, Math.Min(wanted, pixels / MinPixels));
    }

    private void Run(int start, int count, int firstPanel, int endPanel)
    {
        // The product takes a multiple of four rows: the last ones are done twice, or are zeros where there are fewer than four.
        var rows = Math.Max(count, MR);
        var copies = !readsPixels || count < MR;
        var products = ScratchBuffer.PerWorker((nint)rows * (copies ? NR + filters.Depth : NR));
        var patches = products + ((nint)rows * NR);
        float* a = (float*)input.Address + ((nint)start * input.PixelStride);
        nint stride = input.PixelStride;
        if (copies)
        {
            Im2col(start, count, patches);
            new Span<float>(patches + ((nint)count * filters.Depth), (rows - count) * filters.Depth).Clear();
            a = patches;
            stride = filters.Depth;
        }

        var whole = rows / MR * MR;
        var last = (nint)rows - MR;
        for (var panel = firstPanel; panel < endPanel; panel++)
        {
            var b = filters.Filters(panel);
            GemmMicroKernel.Multiply(whole, filters.Depth, a, stride, 1, b, NR, products, adds: false);
            if (whole < rows)
            {
                GemmMicroKernel.Multiply(MR, filters.Depth, a + (last * stride), stride, 1, b, NR, products + (last * NR), adds: false);
            }

            Store(products, start, count, panel);
        }
    }

    private void Im2col(int start, int count, float* patches)
    {
        var (kernel, channels) = (filters.Kernel, filters.Inputs);
        var from = (float*)input.Address;
        for (var pixel = start; pixel < start + count; pixel++)
        {
            var (line, column) = Math.DivRem(pixel, shape.Columns);
            var (image, row) = Math.DivRem(line, shape.Rows);
            var (top, left) = ((row * shape.Stride) - shape.Top, (column * shape.Stride) - shape.Left);
            var (before, after) = (Math.Clamp(-left, 0, kernel), Math.Clamp(left + kernel - shape.Width, 0, kernel));
            for (var y = top; y < top + kernel; y++, patches += kernel * channels)
            {
                if ((uint)y >= (uint)shape.Height || before + after >= kernel)
                {
                    new Span<float>(patches, kernel * channels).Clear();
                    continue;
                }

                var source = from + ((((((nint)image * shape.Height) + y) * shape.Width) + left + before) * input.PixelStride);
                if (before + after > 0)
                {
                    new Span<float>(patches, kernel * channels).Clear();
                }

                CopyPixels(source, kernel - before - after, patches + (before * channels));
            }
        }
    }

    private void CopyPixels(float* source, int count, float* target)
    {
        var channels = filters.Inputs;
        if (input.PixelStride == channels)
        {
            Copy(source, count * channels, target);
            return;
        }

        for (var x = 0; x < count; x++)
        {
            Copy(source + ((nint)x * input.PixelStride), channels, target + (x * channels));
        }
    }

    // Inlined, because a row of a window is often a few vectors.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Copy(float* source, int count, float* target)
    {
        if (count < Vector<float>.Count)
        {
            new ReadOnlySpan<float>(source, count).CopyTo(new Span<float>(target, count));
            return;
        }

        var last = count - Vector<float>.Count;
        for (var i = 0; i < last; i += Vector<float>.Count)
        {
            Vector.Load(source + i).Store(target + i);
        }

        Vector.Load(source + last).Store(target + last);
    }

    private void Store(float* products, int start, int count, int panel)
    {
        var columns = Math.Min(NR, filters.Outputs - (panel * NR));
        var biases = filters.Biases(panel);
        var to = (float*)output.Address + ((nint)start * output.PixelStride) + (panel * NR);
        var whole = columns / Vector<float>.Count * Vector<float>.Count;
        for (var pixel = 0; pixel < count; pixel++, products += NR, to += output.PixelStride)
        {
            for (var c = 0; c < whole; c += Vector<float>.Count)
            {
                Simd.Relu(Vector.Load(products + c) + Vector.Load(biases + c), relu).Store(to + c);
            }

            for (var c = whole; c < columns; c++)
            {
                var value = products[c] + biases[c];
                to[c] = relu && value < 0 ? 0 : value;
            }
        }
    }
}
