using System.Numerics;
using System.Runtime.CompilerServices;

namespace Inception.Kernels;

/// <summary>
/// <see cref="WinogradTransform"/> along both axes, of the channels of one tile or one filter. Of a transformed tile's 36 numbers each lies in a plane of its own, plane by plane in
/// memory, for the matrix products.
/// </summary>
[SkipLocalsInit]
internal static unsafe class TileTransform
{
    /// <summary>Weights of a filter for one input channel.</summary>
    public const int Taps = WinogradTransform.Filter * WinogradTransform.Filter;

    /// <summary>Numbers of a transformed tile or filter.</summary>
    public const int Planes = WinogradTransform.Side * WinogradTransform.Side;

    /// <summary>Numbers left free between planes, whose sizes are often powers of two: keeps them off the same lines of the first cache.</summary>
    public const int Gap = 16;

    private const int Side = WinogradTransform.Side;
    private const int Tile = WinogradTransform.Tile;
    private const int Filter = WinogradTransform.Filter;

    /// <summary>Channels taken at once, and the fewest there may be. The last ones are taken twice where there is a remainder.</summary>
    public static int Block => 2 * Vector<float>.Count;

    /// <summary>Bᵀ d B of a tile's inputs.</summary>
    /// <typeparam name="T">The inputs' type.</typeparam>
    /// <typeparam name="TLoader">How they are read.</typeparam>
    /// <param name="pixels">The 36 inputs.</param>
    /// <param name="channels">How many.</param>
    /// <param name="planes">The tile's place in the first plane that is wanted.</param>
    /// <param name="plane">Numbers from one plane to the next.</param>
    /// <param name="rows">Which rows of the 6×6 planes are wanted.</param>
    public static void Input<T, TLoader>(T** pixels, int channels, float* planes, nint plane, Range rows) where T : unmanaged where TLoader : IElementLoader<T>
    {
        var (start, end) = (rows.Start.Value, rows.End.Value);
        var halves = stackalloc Vector<float>[2 * Side * Side];
        for (var next = 0; next < channels; next += Block)
        {
            var c = Math.Min(next, channels - Block);
            for (var x = 0; x < Side; x++)
            {
                var at = pixels + x;
                TLoader.Load(at[0 * Side] + c, out var d0, out var e0);
                TLoader.Load(at[1 * Side] + c, out var d1, out var e1);
                TLoader.Load(at[2 * Side] + c, out var d2, out var e2);
                TLoader.Load(at[3 * Side] + c, out var d3, out var e3);
                TLoader.Load(at[4 * Side] + c, out var d4, out var e4);
                TLoader.Load(at[5 * Side] + c, out var d5, out var e5);
                var t = halves + x;
                WinogradTransform.Input(d0, d1, d2, d3, d4, d5, out t[0], out t[1 * Side], out t[2 * Side], out t[3 * Side], out t[4 * Side], out t[5 * Side]);
                t += Side * Side;
                WinogradTransform.Input(e0, e1, e2, e3, e4, e5, out t[0], out t[1 * Side], out t[2 * Side], out t[3 * Side], out t[4 * Side], out t[5 * Side]);
            }

            for (var half = 0; half < 2; half++)
            {
                var to = planes + c + (half * Vector<float>.Count);
                for (var y = start; y < end; y++, to += Side * plane)
                {
                    var t = halves + (half * Side * Side) + (y * Side);
                    WinogradTransform.Input(t[0], t[1], t[2], t[3], t[4], t[5], out var v0, out var v1, out var v2, out var v3, out var v4, out var v5);
                    Store(v0, v1, v2, v3, v4, v5, to, plane);
                }
            }
        }
    }

    /// <summary>Aᵀ m A: a tile's outputs, plus the biases, and ReLU if asked for.</summary>
    /// <typeparam name="T">The outputs' type.</typeparam>
    /// <typeparam name="TLoader">How they are written.</typeparam>
    /// <param name="planes">The tile's place in the first plane.</param>
    /// <param name="plane">Numbers from one plane to the next.</param>
    /// <param name="pixels">The 16 outputs.</param>
    /// <param name="channels">How many.</param>
    /// <param name="biases">One for each channel.</param>
    /// <param name="relu">Whether outputs below 0 become 0.</param>
    public static void Output<T, TLoader>(float* planes, nint plane, T** pixels, int channels, float* biases, bool relu) where T : unmanaged where TLoader : IElementLoader<T>
    {
        var halves = stackalloc Vector<float>[2 * Tile * Side];
        for (var next = 0; next < channels; next += Block)
        {
            var c = Math.Min(next, channels - Block);
            for (var half = 0; half < 2; half++)
            {
                var from = planes + c + (half * Vector<float>.Count);
                var t = halves + (half * Tile * Side);
                for (var x = 0; x < Side; x++, from += plane, t++)
                {
                    WinogradTransform.Output(
                        Vector.Load(from), Vector.Load(from + (1 * Side * plane)), Vector.Load(from + (2 * Side * plane)),
                        Vector.Load(from + (3 * Side * plane)), Vector.Load(from + (4 * Side * plane)), Vector.Load(from + (5 * Side * plane)),
                        out t[0], out t[1 * Side], out t[2 * Side], out t[3 * Side]);
                }
            }

            var (firstBias, secondBias) = (Vector.Load(biases + c), Vector.Load(biases + c + Vector<float>.Count));
            for (var y = 0; y < Tile; y++)
            {
                var t = halves + (y * Side);
                WinogradTransform.Output(t[0], t[1], t[2], t[3], t[4], t[5], out var y0, out var y1, out var y2, out var y3);
                t += Tile * Side;
                WinogradTransform.Output(t[0], t[1], t[2], t[3], t[4], t[5], out var z0, out var z1, out var z2, out var z3);
                var to = pixels + (y * Tile);
                TLoader.Store(Simd.Relu(y0 + firstBias, relu), Simd.Relu(z0 + secondBias, relu), to[0] + c);
                TLoader.Store(Simd.Relu(y1 + firstBias, relu), Simd.Relu(z1 + secondBias, relu), to[1] + c);
                TLoader.Store(Simd.Relu(y2 + firstBias, relu), Simd.Relu(z2 + secondBias, relu), to[2] + c);
                TLoader.Store(Simd.Relu(y3 + firstBias, relu), Simd.Relu(z3 + secondBias, relu), to[3] + c);
            }
        }
    }

    /// <summary>A dy Aᵀ of the gradients of a tile's outputs.</summary>
    /// <typeparam name="T">The gradients' type.</typeparam>
    /// <typeparam name="TLoader">How they are read.</typeparam>
    /// <param name="pixels">The 16 gradients.</param>
    /// <param name="channel">The first channel.</param>
    /// <param name="channels">How many.</param>
    /// <param name="planes">The tile's place in the first plane that is wanted.</param>
    /// <param name="plane">Numbers from one plane to the next.</param>
    /// <param name="rows">Which rows of the 6×6 planes are wanted.</param>
    public static void OutputGradient<T, TLoader>(T** pixels, int channel, int channels, float* planes, nint plane, Range rows)
        where T : unmanaged where TLoader : IElementLoader<T>
    {
        var (start, end) = (rows.Start.Value, rows.End.Value);
        var halves = stackalloc Vector<float>[2 * Side * Tile];
        for (var next = 0; next < channels; next += Block)
        {
            var c = Math.Min(next, channels - Block);
            for (var x = 0; x < Tile; x++)
            {
                var at = pixels + x;
                TLoader.Load(at[0 * Tile] + channel + c, out var y0, out var z0);
                TLoader.Load(at[1 * Tile] + channel + c, out var y1, out var z1);
                TLoader.Load(at[2 * Tile] + channel + c, out var y2, out var z2);
                TLoader.Load(at[3 * Tile] + channel + c, out var y3, out var z3);
                var t = halves + x;
                WinogradTransform.OutputGradient(y0, y1, y2, y3, out t[0], out t[1 * Tile], out t[2 * Tile], out t[3 * Tile], out t[4 * Tile], out t[5 * Tile]);
                t += Side * Tile;
                WinogradTransform.OutputGradient(z0, z1, z2, z3, out t[0], out t[1 * Tile], out t[2 * Tile], out t[3 * Tile], out t[4 * Tile], out t[5 * Tile]);
            }

            for (var half = 0; half < 2; half++)
            {
                var to = planes + c + (half * Vector<float>.Count);
                for (var y = start; y < end; y++, to += Side * plane)
                {
                    var t = halves + (half * Side * Tile) + (y * Tile);
                    WinogradTransform.OutputGradient(t[0], t[1], t[2], t[3], out var w0, out var w1, out var w2, out var w3, out var w4, out var w5);
                    Store(w0, w1, w2, w3, w4, w5, to, plane);
                }
            }
        }
    }

    /// <summary>G g Gᵀ of the weights of 32 filters for one input channel.</summary>
    /// <param name="weights">(9, 32).</param>
    /// <param name="planes">The channel's place in the first plane, for 32 numbers.</param>
    /// <param name="plane">Numbers from one plane to the next.</param>
    public static void Weights(float* weights, float* planes, nint plane)
    {
        const int Row = Filter * GemmMicroKernel.NR;
        var t = stackalloc Vector<float>[Side * Filter];
        for (var k = 0; k < GemmMicroKernel.NR; k += Vector<float>.Count)
        {
            var from = weights + k;
            for (var x = 0; x < Filter; x++, from += GemmMicroKernel.NR)
            {
                WinogradTransform.Weights(
                    Vector.Load(from), Vector.Load(from + Row), Vector.Load(from + (2 * Row)),
                    out t[x], out t[x + (1 * Filter)], out t[x + (2 * Filter)], out t[x + (3 * Filter)], out t[x + (4 * Filter)], out t[x + (5 * Filter)]);
            }

            var to = planes + k;
            for (var y = 0; y < Side; y++, to += Side * plane)
            {
                var line = t + (y * Filter);
                WinogradTransform.Weights(line[0], line[1], line[2], out var u0, out var u1, out var u2, out var u3, out var u4, out var u5);
                Store(u0, u1, u2, u3, u4, u5, to, plane);
            }
        }
    }

    /// <summary>Gᵀ du G of the gradients of 32 transformed filters for one input channel: the part that some rows of planes make up.</summary>
    /// <param name="planes">The channel's place in the first plane of those rows.</param>
    /// <param name="plane">Numbers from one plane to the next.</param>
    /// <param name="rows">The rows of the 6×6 planes.</param>
    /// <param name="weights">Nine times 32 numbers.</param>
    /// <param name="weight">Numbers from one weight to the next.</param>
    public static void WeightGradient(float* planes, nint plane, Range rows, float* weights, nint weight)
    {
        var (start, end) = (rows.Start.Value, rows.End.Value);
        var t = stackalloc Vector<float>[Side * Filter];
        for (var k = 0; k < GemmMicroKernel.NR; k += Vector<float>.Count)
        {
            new Span<Vector<float>>(t, Side * Filter).Clear();
            var from = planes + k;
            for (var y = start; y < end; y++, from += Side * plane)
            {
                var line = t + (y * Filter);
                WinogradTransform.WeightGradient(
                    Vector.Load(from), Vector.Load(from + plane), Vector.Load(from + (2 * plane)),
                    Vector.Load(from + (3 * plane)), Vector.Load(from + (4 * plane)), Vector.Load(from + (5 * plane)), out line[0], out line[1], out line[2]);
            }

            var to = weights + k;
            for (var x = 0; x < Filter; x++, to += weight)
            {
                var at = t + x;
                WinogradTransform.WeightGradient(
                    at[0], at[1 * Filter], at[2 * Filter], at[3 * Filter], at[4 * Filter], at[5 * Filter], out var g0, out var g1, out var g2);
                g0.Store(to);
                g1.Store(to + (Filter * weight));
                g2.Store(to + (2 * Filter * weight));
            }
        }
    }

    private static void Store(
        Vector<float> v0, Vector<float> v1, Vector<float> v2, Vector<float> v3, Vector<float> v4, Vector<float> v5, float* to, nint plane)
    {
        v0.Store(to);
        v1.Store(to + plane);
        v2.Store(to + (2 * plane));
        v3.Store(to + (3 * plane));
        v4.Store(to + (4 * plane));
        v5.Store(to + (5 * plane));
    }
}
