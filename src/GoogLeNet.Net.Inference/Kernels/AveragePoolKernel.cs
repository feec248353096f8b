using System.Numerics;
using System.Runtime.CompilerServices;

namespace Inception.Kernels;

/// <summary>Average pooling of images with channels last in float32, over windows that lie inside the image.</summary>
internal static unsafe class AveragePoolKernel
{
    /// <summary>The work.</summary>
    /// <param name="input">Address of (N, H, W, C).</param>
    /// <param name="output">Address of (N, rows, columns, C).</param>
    /// <param name="images">N.</param>
    /// <param name="height">H, in pixels.</param>
    /// <param name="width">W.</param>
    /// <param name="channels">C.</param>
    /// <param name="rows">First row and the one after the last of each output row's windows.</param>
    /// <param name="columns">The same of each output column's.</param>
    public static ParallelWork Work(
        nint input, nint output, int images, int height, int width, int channels, (int Start, int End)[] rows, (int Start, int End)[] columns) =>
        ParallelWork.OverItems(images * rows.Length * columns.Length, height * width * channels / (rows.Length * columns.Length), i =>
        {
            var (line, column) = Math.DivRem(i, columns.Length);
            var (image, row) = Math.DivRem(line, rows.Length);
            Average(
                (float*)input + ((nint)image * height * width * channels), width, channels, rows[row], columns[column], (float*)output + ((nint)i * channels));
        });

    /// <summary>Windows of a fixed size and stride along one axis.</summary>
    /// <param name="size">Pixels along the axis.</param>
    /// <param name="kernel">Pixels of a window.</param>
    /// <param name="stride">Pixels from one window to the next.</param>
    public static (int Start, int End)[] Windows(int size, int kernel, int stride) =>
        [.. Enumerable.Range(0, ((size - kernel) / stride) + 1).Select(i => (i * stride, (i * stride) + kernel))];

    /// <summary>As many windows as asked for, which cover the axis as PyTorch's adaptive pooling has it.</summary>
    /// <param name="size">Pixels along the axis.</param>
    /// <param name="count">Number of windows.</param>
    public static (int Start, int End)[] AdaptiveWindows(int size, int count) =>
        [.. Enumerable.Range(0, count).Select(i => (i * size / count, (((i + 1) * size) + count - 1) / count))];

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Average(float* image, int width, int channels, (int Start, int End) rows, (int Start, int End) columns, float* output)
    {
        new Span<float>(output, channels).Clear();
        for (var y = rows.Start; y < rows.End; y++)
        {
            for (var x = columns.Start; x < columns.End; x++)
            {
                var pixel = image + ((((nint)y * width) + x) * channels);
                var c = 0;
                for (; c <= channels - Vector<float>.Count; c += Vector<float>.Count)
                {
                    (Vector.Load(output + c) + Vector.Load(pixel + c)).Store(output + c);
                }

                for (; c < channels; c++)
                {
                    output[c] += pixel[c];
                }
            }
        }

        var area = (float)((rows.End - rows.Start) * (columns.End - columns.Start));
        for (var c = 0; c < channels; c++)
        {
            output[c] /= area;
        }
    }
}
