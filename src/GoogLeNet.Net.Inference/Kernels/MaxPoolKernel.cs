using System.Numerics;
using System.Runtime.CompilerServices;

namespace Inception.Kernels;

/// <summary>
/// Max pooling. The index of a maximum in its window is one byte, where libtorch's takes eight; and the gradient is gathered pixel by pixel, where libtorch clears it and
/// then scatters. Values and float32 gradients are libtorch's to the bit.
/// </summary>
internal abstract unsafe class MaxPoolKernel
{
    private static readonly MaxPoolKernel Float32 = new MaxPoolKernel<float, Float32Loader>();
    private static readonly MaxPoolKernel BFloat16 = new MaxPoolKernel<ushort, BFloat16Loader>();

    /// <summary>Channels computed at once, and the least number of channels that is fast; the last ones are computed twice where there is a remainder.</summary>
    public static int Block => Vector<byte>.Count;

    /// <summary>The kernel for a type.</summary>
    public static MaxPoolKernel For(ElementType type) => type == ElementType.Float32 ? Float32 : BFloat16;

    /// <summary>The maximum of each window; NaN where the window holds one.</summary>
    /// <param name="input">Address of (N, H, W, C).</param>
    /// <param name="output">Address of (N, H', W', C).</param>
    /// <param name="indices">Address of (N, H', W', C) bytes, which receive row · kernel + column of the first maximum in its window; or 0. With indices there must be <see cref="Block"/> channels.</param>
    /// <param name="shape">The pooling.</param>
    public abstract ParallelWork Forward(nint input, nint output, nint indices, Pool2dShape shape);

    /// <summary>The gradient of the input.</summary>
    /// <param name="gradient">Address of the output's, (N, H', W', C).</param>
    /// <param name="indices">What <see cref="Forward"/> noted.</param>
    /// <param name="result">Address of (N, H, W, C).</param>
    /// <param name="shape">The pooling.</param>
    public abstract ParallelWork InputGradient(nint gradient, nint indices, nint result, Pool2dShape shape);
}

/// <summary><see cref="MaxPoolKernel"/> for one type.</summary>
/// <typeparam name="T">The type in memory.</typeparam>
/// <typeparam name="TLoader">How it is read and written.</typeparam>
internal sealed unsafe class MaxPoolKernel<T, TLoader> : MaxPoolKernel
    where T : unmanaged
    where TLoader : IElementLoader<T>
{
    /// <inheritdoc/>
    public override ParallelWork Forward(nint input, nint output, nint indices, Pool2dShape shape) =>
        ParallelWork.OverItems(shape.Images * shape.Rows, shape.Columns * shape.Channels, row =>
            ForwardRow((T*)input, (T*)output, (byte*)indices, row, shape));

    /// <inheritdoc/>
    public override ParallelWork InputGradient(nint gradient, nint indices, nint result, Pool2dShape shape) =>
        ParallelWork.OverItems(shape.Images * shape.Height, shape.Width * shape.Channels, row =>
            GradientRow((T*)gradient, (byte*)indices, (T*)result, row, shape));

    private static void ForwardRow(T* input, T* output, byte* indices, int row, Pool2dShape shape)
    {
        var image = input + ((nint)(row / shape.Rows) * shape.Height * shape.Width * shape.Channels);
        var (top, bottom) = shape.Pixels(row % shape.Rows, shape.Top, shape.Height);
        var rowCorner = ((row % shape.Rows) * shape.Stride) - shape.Top;
        for (var column = 0; column < shape.Columns; column++)
        {
            var (left, right) = shape.Pixels(column, shape.Left, shape.Width);
            var window = new Window(top, bottom, left, right, rowCorner, (column * shape.Stride) - shape.Left);
            var at = (((nint)row * shape.Columns) + column) * shape.Channels;
            if (shape.Channels < Block)
            {
                FewMaxima(image, output + at, window, shape);
                continue;
            }

            for (var channel = 0; channel < shape.Channels; channel += Block)
            {
                var first = Math.Min(channel, shape.Channels - Block);
                Maximum(image + first, output + at + first, indices is null ? null : indices + at + first, window, shape);
            }
        }
    }

    // Channel by channel.
    private static void FewMaxima(T* image, T* output, in Window window, Pool2dShape shape)
    {
        for (var channel = 0; channel < shape.Channels; channel++)
        {
            var maximum = float.NegativeInfinity;
            for (var y = window.Top; y < window.Bottom; y++)
            {
                for (var x = window.Left; x < window.Right; x++)
                {
                    maximum = MathF.Max(maximum, TLoader.Widen(image[((((nint)y * shape.Width) + x) * shape.Channels) + channel]));
                }
            }

            output[channel] = TLoader.Narrow(maximum);
        }
    }

    private static void GradientRow(T* gradient, byte* indices, T* result, int row, Pool2dShape shape)
    {
        var image = (nint)(row / shape.Height) * shape.Rows * shape.Columns * shape.Channels;
        var (top, bottom) = shape.Windows(row % shape.Height, shape.Top, shape.Rows);
        var y = (row % shape.Height) + shape.Top;
        for (var column = 0; column < shape.Width; column++)
        {
            var (left, right) = shape.Windows(column, shape.Left, shape.Columns);
            var windows = new Window(top, bottom, left, right, y, column + shape.Left);
            var at = (((nint)row * shape.Width) + column) * shape.Channels;
            for (var channel = 0; channel < shape.Channels; channel += Block)
            {
                var first = Math.Min(channel, shape.Channels - Block);
                Sum(gradient + image + first, indices + image + first, result + at + first, windows, shape);
            }
        }
    }

    // Optimized at once: as part of a loop it would run unoptimized for seconds.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Maximum(T* image, T* output, byte* indices, in Window window, Pool2dShape shape)
    {
        Vector<float> a = default, b = default, c = default, d = default;
        Vector<int> indexA = default, indexB = default, indexC = default, indexD = default;
        for (var y = window.Top; y < window.Bottom; y++)
        {
            for (var x = window.Left; x < window.Right; x++)
            {
                var pixel = image + ((((nint)y * shape.Width) + x) * shape.Channels);
                var index = new Vector<int>(((y - window.Row) * shape.Kernel) + x - window.Column);
                TLoader.Load(pixel, out var e, out var f);
                TLoader.Load(pixel + (Block / 2), out var g, out var h);
                if (y == window.Top && x == window.Left)
                {
                    (a, b, c, d) = (e, f, g, h);
                    indexA = indexB = indexC = indexD = index;
                    continue;
                }

                Update(ref a, ref indexA, e, index);
                Update(ref b, ref indexB, f, index);
                Update(ref c, ref indexC, g, index);
                Update(ref d, ref indexD, h, index);
            }
        }

        TLoader.Store(a, b, output);
        TLoader.Store(c, d, output + (Block / 2));
        if (indices is not null)
        {
            Vector.Narrow(Vector.Narrow(indexA, indexB), Vector.Narrow(indexC, indexD)).Store((sbyte*)indices);
        }
    }

    // A later one has to be larger, or not a number.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Update(ref Vector<float> maximum, ref Vector<int> indices, Vector<float> candidate, Vector<int> index)
    {
        var wins = Vector.GreaterThan(candidate, maximum) | ~Vector.Equals(candidate, candidate);
        maximum = Vector.ConditionalSelect(wins, candidate, maximum);
        indices = Vector.ConditionalSelect(wins, index, indices);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Sum(T* gradient, byte* indices, T* result, in Window windows, Pool2dShape shape)
    {
        Vector<float> a = default, b = default, c = default, d = default;
        for (var y = windows.Top; y < windows.Bottom; y++)
        {
            for (var x = windows.Left; x < windows.Right; x++)
            {
                var at = (((nint)y * shape.Columns) + x) * shape.Channels;
                var index = ((windows.Row - (y * shape.Stride)) * shape.Kernel) + windows.Column - (x * shape.Stride);
                var wins = Vector.AsVectorSByte(Vector.Equals(Vector.Load(indices + at), new Vector<byte>((byte)index)));
                Vector.Widen(wins, out var low, out var high);
                Vector.Widen(low, out var winsA, out var winsB);
                Vector.Widen(high, out var winsC, out var winsD);
                TLoader.Load(gradient + at, out var e, out var f);
                TLoader.Load(gradient + at + (Block / 2), out var g, out var h);
                a += Vector.AsVectorSingle(winsA) & e;
                b += Vector.AsVectorSingle(winsB) & f;
                c += Vector.AsVectorSingle(winsC) & g;
                d += Vector.AsVectorSingle(winsD) & h;
            }
        }

        TLoader.Store(a, b, result);
        TLoader.Store(c, d, result + (Block / 2));
    }

    // A range of pixels or windows, and what their indices are counted from.
    private readonly record struct Window(int Top, int Bottom, int Left, int Right, int Row, int Column);
}

/// <summary>A max pooling of images that lie channels last, (N, H, W, C). Every window reaches into the image.</summary>
/// <param name="Images">N.</param>
/// <param name="Height">H of the input, in pixels.</param>
/// <param name="Width">W of the input.</param>
/// <param name="Channels">C.</param>
/// <param name="Rows">H of the output.</param>
/// <param name="Columns">W of the output.</param>
/// <param name="Kernel">Height and width of a window.</param>
/// <param name="Stride">Pixels from one window to the next.</param>
/// <param name="Top">Rows that the first window begins above the image.</param>
/// <param name="Left">Columns that it begins left of it.</param>
internal sealed record Pool2dShape(int Images, int Height, int Width, int Channels, int Rows, int Columns, int Kernel, int Stride, int Top, int Left)
{
    /// <summary>Shape of the input, channels last.</summary>
    public long[] Input => [Images, Height, Width, Channels];

    /// <summary>Shape of the output, channels last.</summary>
    public long[] Output => [Images, Rows, Columns, Channels];

    /// <summary>The pixels of a window that lie in the image, along one axis.</summary>
    /// <param name="window">The window's number.</param>
    /// <param name="before">What the first window begins before the image.</param>
    /// <param name="size">The image's size.</param>
    public (int Start, int End) Pixels(int window, int before, int size)
    {
        var first = (window * Stride) - before;
        return (Math.Max(first, 0), Math.Min(first + Kernel, size));
    }

    /// <summary>The windows that a pixel lies in, along one axis.</summary>
    /// <param name="pixel">The pixel's number.</param>
    /// <param name="before">What the first window begins before the image.</param>
    /// <param name="count">How many windows there are.</param>
    public (int Start, int End) Windows(int pixel, int before, int count)
    {
        var padded = pixel + before;
        return (padded < Kernel ? 0 : ((padded - Kernel) / Stride) + 1, Math.Min((padded / Stride) + 1, count));
    }
}
