using System.Numerics;
using System.Runtime.CompilerServices;

namespace Inception.Kernels;

/// <summary>
/// Winograd's convolution F(4, 3) along one axis (Lavin and Gray, Fast Algorithms for Convolutional Neural Networks, 2015): y = Aᵀ (G g ⊙ Bᵀ d) are four outputs of three weights
/// g and six inputs d by six multiplications instead of twelve; along both axes by 36 instead of 144. The matrices are those of polynomials at the points 0, ±5/8, ±3/2 and
/// infinity: with the usual 0, ±1, ±2 and infinity the error in float32 is two to three times as large. Each matrix comes with what is needed of its transpose, for gradients.
/// </summary>
internal static class WinogradTransform
{
    /// <summary>Outputs along one side of a tile.</summary>
    public const int Tile = 4;

    /// <summary>Inputs along one side of a tile, and numbers along one side of a transformed tile or filter.</summary>
    public const int Side = 6;

    /// <summary>Weights along one side of a filter.</summary>
    public const int Filter = 3;

    private const float P = 5f / 8;
    private const float Q = 3f / 2;
    private const float P2 = P * P;
    private const float Q2 = Q * Q;

    // What the filters are divided by: each point's product of differences to the others.
    private const float AtZero = (float)(1.0 / ((double)P2 * Q2));
    private const float AtP = (float)(1.0 / (2.0 * P2 * ((double)P2 - Q2)));
    private const float AtQ = (float)(1.0 / (2.0 * Q2 * ((double)Q2 - P2)));

    /// <summary>Bᵀ d: six inputs to six numbers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Input(
        Vector<float> d0, Vector<float> d1, Vector<float> d2, Vector<float> d3, Vector<float> d4, Vector<float> d5,
        out Vector<float> v0, out Vector<float> v1, out Vector<float> v2, out Vector<float> v3, out Vector<float> v4, out Vector<float> v5)
    {
        v0 = Add(P2 * Q2, d0, Add(-(P2 + Q2), d2, d4));
        v5 = Add(P2 * Q2, d1, Add(-(P2 + Q2), d3, d5));
        var (even, odd) = (Add(-Q2, d2, d4), Add(-Q2, d1, d3));
        v1 = Add(P, odd, even);
        v2 = Add(-P, odd, even);
        (even, odd) = (Add(-P2, d2, d4), Add(-P2, d1, d3));
        v3 = Add(Q, odd, even);
        v4 = Add(-Q, odd, even);
    }

    /// <summary>Aᵀ m: six numbers to four outputs.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Output(
        Vector<float> m0, Vector<float> m1, Vector<float> m2, Vector<float> m3, Vector<float> m4, Vector<float> m5,
        out Vector<float> y0, out Vector<float> y1, out Vector<float> y2, out Vector<float> y3)
    {
        var (evenP, oddP, evenQ, oddQ) = (m1 + m2, (m1 - m2) * P, m3 + m4, (m3 - m4) * Q);
        y0 = m0 + evenP + evenQ;
        y1 = oddP + oddQ;
        y2 = Add(Q2, evenQ, evenP * P2);
        y3 = Add(Q2, oddQ, Add(P2, oddP, m5));
    }

    /// <summary>A dy, the transpose of <see cref="Output"/>: four outputs' gradients to six numbers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void OutputGradient(
        Vector<float> y0, Vector<float> y1, Vector<float> y2, Vector<float> y3,
        out Vector<float> w0, out Vector<float> w1, out Vector<float> w2, out Vector<float> w3, out Vector<float> w4, out Vector<float> w5)
    {
        w0 = y0;
        w5 = y3;
        var (even, odd) = (Add(P2, y2, y0), Add(P2, y3, y1));
        w1 = Add(P, odd, even);
        w2 = Add(-P, odd, even);
        (even, odd) = (Add(Q2, y2, y0), Add(Q2, y3, y1));
        w3 = Add(Q, odd, even);
        w4 = Add(-Q, odd, even);
    }

    /// <summary>G g: three weights to six numbers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Weights(
        Vector<float> g0, Vector<float> g1, Vector<float> g2,
        out Vector<float> u0, out Vector<float> u1, out Vector<float> u2, out Vector<float> u3, out Vector<float> u4, out Vector<float> u5)
    {
        u0 = g0 * AtZero;
        u5 = g2;
        var (even, odd) = (Add(P2, g2, g0) * AtP, g1 * (P * AtP));
        u1 = even + odd;
        u2 = even - odd;
        (even, odd) = (Add(Q2, g2, g0) * AtQ, g1 * (Q * AtQ));
        u3 = even + odd;
        u4 = even - odd;
    }

    /// <summary>Gᵀ du, the transpose of <see cref="Weights"/>: six numbers' gradients to three weights'.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void WeightGradient(
        Vector<float> u0, Vector<float> u1, Vector<float> u2, Vector<float> u3, Vector<float> u4, Vector<float> u5,
        out Vector<float> g0, out Vector<float> g1, out Vector<float> g2)
    {
        var (evenP, oddP, evenQ, oddQ) = ((u1 + u2) * AtP, (u1 - u2) * AtP, (u3 + u4) * AtQ, (u3 - u4) * AtQ);
        g0 = Add(AtZero, u0, evenP + evenQ);
        g1 = Add(P, oddP, oddQ * Q);
        g2 = Add(P2, evenP, Add(Q2, evenQ, u5));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<float> Add(float factor, Vector<float> x, Vector<float> y) => Vector.FusedMultiplyAdd(new Vector<float>(factor), x, y);
}
