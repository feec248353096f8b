using System.Numerics;
using static TorchSharp.torch;

namespace Inception.Kernels;

/// <summary>
/// Max pooling on a CPU. Of each maximum it notes in one byte where in its window it was found, its tap, where libtorch notes eight; and the way back gathers each
/// pixel's gradients, where libtorch first clears them all and then scatters. Values and float32 gradients are libtorch's to the bit.
/// </summary>
internal abstract unsafe class MaxPoolingKernel
{
    /// <summary>The tap of a maximum that ReLU cut off: no pixel's.</summary>
    public const byte CutOff = byte.MaxValue;

    private static readonly MaxPoolingKernel Float32 = new MaxPoolingKernel<float, Float32Lanes>();
    private static readonly MaxPoolingKernel BFloat16 = new MaxPoolingKernel<ushort, BFloat16Lanes>();

    /// <summary>Channels computed at once, and the fewest there may be. The last ones are computed twice where there is a remainder.</summary>
    public static int Block => Vector<byte>.Count;

    /// <summary>The kernel for float32 or bfloat16.</summary>
    public static MaxPoolingKernel Of(ScalarType type) => type == ScalarType.Float32 ? Float32 : BFloat16;

    /// <summary>What computes the maximum of each window; of NaN and numbers NaN.</summary>
    /// <param name="input">(N, H, W, C).</param>
    /// <param name="output">(N, H', W', C).</param>
    /// <param name="taps">(N, H', W', C): rows · kernel + columns from the window's corner to the first maximum; null where nobody needs them.</param>
    /// <param name="shape">The pooling.</param>
    /// <param name="relu">Whether maxima below 0 become 0, with <see cref="CutOff"/> as their taps.</param>
    public abstract KernelCall Forward(byte* input, byte* output, byte* taps, PoolShape shape, bool relu);

    /// <summary>The gradient of the input.</summary>
    /// <param name="gradient">The output's, (N, H', W', C).</param>
    /// <param name="taps">What <see cref="Forward"/> noted.</param>
    /// <param name="result">(N, H, W, C).</param>
    /// <param name="shape">The pooling.</param>
    public abstract void Scatter(byte* gradient, byte* taps, byte* result, PoolShape shape);

    /// <summary>The adjoint of <see cref="Scatter"/>: what lies where each maximum was found.</summary>
    /// <param name="input">(N, H, W, C).</param>
    /// <param name="taps">What <see cref="Forward"/> noted.</param>
    /// <param name="output">(N, H', W', C).</param>
    /// <param name="shape">The pooling.</param>
    public abstract void Select(byte* input, byte* taps, byte* output, PoolShape shape);
}
