using System.Numerics;
using static TorchSharp.torch;

namespace Inception.Kernels;

/// <summary>
/// Batch normalisation of images that lie channels last, with ReLU behind it if asked for, on a CPU: two passes over memory forwards and two backwards, where
/// libtorch's operators take four and four. Sums are kept in float64.
/// </summary>
internal abstract unsafe class NormalizationKernel
{
    private static readonly NormalizationKernel Float32 = new NormalizationKernel<float, Float32Lanes>();
    private static readonly NormalizationKernel BFloat16 = new NormalizationKernel<ushort, BFloat16Lanes>();

    /// <summary>Channels computed at once, and the fewest there may be. The last ones are computed twice where there is a remainder.</summary>
    public static int Block => 2 * Vector<float>.Count;

    /// <summary>The kernel for float32 or bfloat16.</summary>
    public static NormalizationKernel Of(ScalarType type) => type == ScalarType.Float32 ? Float32 : BFloat16;

    /// <summary>Mean and variance of each channel, the latter divided by the number of pixels.</summary>
    /// <param name="input">(pixels, channels).</param>
    /// <param name="pixels">N · H · W.</param>
    /// <param name="channels">C.</param>
    public abstract (double[] Mean, double[] Variance) Moments(byte* input, int pixels, int channels);

    /// <summary>input · scale + shift, and ReLU.</summary>
    public abstract void Apply(byte* input, byte* output, int pixels, in Lines normalised);

    /// <summary>For each channel the sum of the gradients that ReLU lets through, and of their products with input − mean.</summary>
    public abstract (double[] Sums, double[] Products) Reduce(byte* gradient, int stride, byte* input, int pixels, in Lines normalised, float[] mean);

    /// <summary>gradient · scale + input · slope + level, of the gradients that ReLU lets through.</summary>
    public abstract void Combine(byte* gradient, int stride, byte* input, byte* result, int pixels, in Lines normalised, float[] slope, float[] level);

    /// <summary>What normalisation makes of a channel's numbers: number · scale + shift, and 0 in place of what is less if ReLU follows.</summary>
    public readonly record struct Lines(float[] Scale, float[] Shift, bool Relu);
}
