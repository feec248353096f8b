using System.Numerics;
using System.Runtime.CompilerServices;

namespace Inception.Kernels;

/// <summary>Max pooling of one type of numbers.</summary>
/// <typeparam name="T">Their type in memory.</typeparam>
/// <typeparam name="TLanes">How they are read and written.</typeparam>
internal sealed unsafe class MaxPoolingKernel<T, TLanes> : MaxPoolingKernel
    where T : unmanaged
    where TLanes : ILanes<T>
{
    /// <inheritdoc/>
    public override KernelCall Forward(byte* input, byte* output, byte* taps, PoolShape shape, bool relu) =>
        KernelCall.OfItems(shape.Images * shape.Rows, shape.Columns * shape.Channels, row =>
            ForwardRow((T*)input, (T*)output, taps, row, shape, relu));

    /// <inheritdoc/>
    public override void Scatter(byte* gradient, byte* taps, byte* result, PoolShape shape) =>
        Ranges.Run(shape.Images * shape.Height, shape.Width * shape.Channels, row =>
            ScatterRow((T*)gradient, taps, (T*)result, row, shape));

    /// <inheritdoc/>
    public override void Select(byte* input, byte* taps, byte* output, PoolShape shape) =>
        Ranges.Run(shape.Images * shape.Rows, shape.Columns * shape.Channels, row =>
            SelectRow((T*)input, taps, (T*)output, row, shape));

    private static void ForwardRow(T* input, T* output, byte* taps, int row, PoolShape shape, bool relu)
    {
        var image = input + ((nint)(row / shape.Rows) * shape.Height * shape.Width * shape.Channels);
        var (top, bottom) = shape.Pixels(row % shape.Rows, shape.Top, shape.Height);
        var rowCorner = ((row % shape.Rows) * shape.Stride) - shape.Top;
        for (var column = 0; column < shape.Columns; column++)
        {
            var (left, right) = shape.Pixels(column, shape.Left, shape.Width);
            var window = new Window(top, bottom, left, right, rowCorner, (column * shape.Stride) - shape.Left);
            var at = (((nint)row * shape.Columns) + column) * shape.Channels;
            for (var channel = 0; channel < shape.Channels; channel += Block)
            {
                var first = Math.Min(channel, shape.Channels - Block);
                Maximum(image + first, output + at + first, taps is null ? null : taps + at + first, window, shape, relu);
            }
        }
    }

    private static void ScatterRow(T* gradient, byte* taps, T* result, int row, PoolShape shape)
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
                Sum(gradient + image + first, taps + image + first, result + at + first, windows, shape);
            }
        }
    }

    private static void SelectRow(T* input, byte* taps, T* output, int row, PoolShape shape)
    {
        var image = input + ((nint)(row / shape.Rows) * shape.Height * shape.Width * shape.Channels);
        var top = ((row % shape.Rows) * shape.Stride) - shape.Top;
        for (var i = 0; i < shape.Columns * shape.Channels; i++)
        {
            var at = ((nint)row * shape.Columns * shape.Channels) + i;
            var (y, x) = Math.DivRem((int)taps[at], shape.Kernel);
            var left = (i / shape.Channels * shape.Stride) - shape.Left;
            output[at] = taps[at] == CutOff ? default : image[((((nint)(top + y) * shape.Width) + left + x) * shape.Channels) + (i % shape.Channels)];
        }
    }

    // Optimised at once: as part of a loop it would run unoptimised for seconds.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Maximum(T* image, T* output, byte* taps, in Window window, PoolShape shape, bool relu)
    {
        Vector<float> a = default, b = default, c = default, d = default;
        Vector<int> tapA = default, tapB = default, tapC = default, tapD = default;
        for (var y = window.Top; y < window.Bottom; y++)
        {
            for (var x = window.Left; x < window.Right; x++)
            {
                var pixel = image + ((((nint)y * shape.Width) + x) * shape.Channels);
                var tap = new Vector<int>(((y - window.Row) * shape.Kernel) + x - window.Column);
                TLanes.Load(pixel, out var e, out var f);
                TLanes.Load(pixel + (Block / 2), out var g, out var h);
                if (y == window.Top && x == window.Left)
                {
                    (a, b, c, d) = (e, f, g, h);
                    tapA = tapB = tapC = tapD = tap;
                    continue;
                }

                Take(ref a, ref tapA, e, tap);
                Take(ref b, ref tapB, f, tap);
                Take(ref c, ref tapC, g, tap);
                Take(ref d, ref tapD, h, tap);
            }
        }

        if (relu)
        {
            Cut(ref a, ref tapA);
            Cut(ref b, ref tapB);
            Cut(ref c, ref tapC);
            Cut(ref d, ref tapD);
        }

        TLanes.Store(a, b, output);
        TLanes.Store(c, d, output + (Block / 2));
        if (taps is not null)
        {
            Vector.Narrow(Vector.Narrow(tapA, tapB), Vector.Narrow(tapC, tapD)).Store((sbyte*)taps);
        }
    }

    // A later one has to be larger, or not a number.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Take(ref Vector<float> maximum, ref Vector<int> found, Vector<float> candidate, Vector<int> tap)
    {
        var wins = Vector.GreaterThan(candidate, maximum) | ~Vector.Equals(candidate, candidate);
        maximum = Vector.ConditionalSelect(wins, candidate, maximum);
        found = Vector.ConditionalSelect(wins, tap, found);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Cut(ref Vector<float> maximum, ref Vector<int> found)
    {
        var isCut = Vector.LessThanOrEqual(maximum, Vector<float>.Zero);
        maximum = Vector.ConditionalSelect(isCut, Vector<float>.Zero, maximum);
        found |= isCut;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Sum(T* gradient, byte* taps, T* result, in Window windows, PoolShape shape)
    {
        Vector<float> a = default, b = default, c = default, d = default;
        for (var y = windows.Top; y < windows.Bottom; y++)
        {
            for (var x = windows.Left; x < windows.Right; x++)
            {
                var at = (((nint)y * shape.Columns) + x) * shape.Channels;
                var tap = ((windows.Row - (y * shape.Stride)) * shape.Kernel) + windows.Column - (x * shape.Stride);
                var wins = Vector.AsVectorSByte(Vector.Equals(Vector.Load(taps + at), new Vector<byte>((byte)tap)));
                Vector.Widen(wins, out var low, out var high);
                Vector.Widen(low, out var winsA, out var winsB);
                Vector.Widen(high, out var winsC, out var winsD);
                TLanes.Load(gradient + at, out var e, out var f);
                TLanes.Load(gradient + at + (Block / 2), out var g, out var h);
                a += Vector.AsVectorSingle(winsA) & e;
                b += Vector.AsVectorSingle(winsB) & f;
                c += Vector.AsVectorSingle(winsC) & g;
                d += Vector.AsVectorSingle(winsD) & h;
            }
        }

        TLanes.Store(a, b, result);
        TLanes.Store(c, d, result + (Block / 2));
    }

    // A range of pixels or windows, and what its taps are counted from.
    private readonly record struct Window(int Top, int Bottom, int Left, int Right, int Row, int Column);
}
