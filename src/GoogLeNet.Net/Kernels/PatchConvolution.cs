using TorchSharp;
using static TorchSharp.torch;

namespace Inception.Kernels;

/// <summary>
/// Convolutions with stride 1 that keep the images' size, for inference in float32 on a CPU: products of matrices (<see cref="PatchPass"/>), whose filters are read where they
/// lie if they were <see cref="Lay">laid</see> for it. With one image that is what counts: libtorch rearranges filters in each call.
/// </summary>
internal static unsafe class PatchConvolution
{
    /// <summary>Whether it takes such filters, once they are laid: float32 on a CPU that it is fast on, odd k, and filters enough for a panel.</summary>
    /// <param name="weight">(K, C, k, k).</param>
    public static bool Suits(Tensor weight)
    {
        if (!ProductKernel.IsAccelerated || weight.device_type != DeviceType.CPU || weight.dtype != ScalarType.Float32)
        {
            return false;
        }

        var sizes = weight.shape;
        return Fills(sizes[0]) && sizes[2] == sizes[3] && sizes[2] % 2 == 1;
    }

    /// <summary>Whether so many outputs fill a panel.</summary>
    public static bool Fills(long outputs) => outputs >= ProductKernel.Columns;

    /// <summary>Whether it takes such filters and they are laid.</summary>
    /// <param name="weight">(K, C, k, k).</param>
    public static bool Reads(Tensor weight) => Suits(weight) && KernelInput.Lies(weight.shape, weight.stride(), [2, 3, 1, 0]);

    /// <summary>A copy of filters that lies as (k, k, C, K).</summary>
    /// <param name="weight">(K, C, k, k).</param>
    public static Tensor Lay(Tensor weight) => Taps(weight).contiguous().permute(3, 2, 0, 1);

    /// <summary>(K, C, k, k) → (k, k, C, K), the same memory: without gaps if it was laid so.</summary>
    public static Tensor Taps(Tensor weight) => weight.permute(2, 3, 1, 0);

    /// <summary>
    /// Whether it takes such an input: one of those that <see cref="KernelInput"/> names in float32, or some of their channels, of four pixels at least, where filters were laid
    /// and no gradient is asked for.
    /// </summary>
    /// <param name="input">(N, C, H, W).</param>
    /// <param name="weight">(K, C, k, k).</param>
    public static bool Takes(Tensor input, Tensor weight)
    {
        if (is_grad_enabled() || !Reads(weight) || input.dtype != ScalarType.Float32 || !KernelInput.SuitsPartly(input, 1))
        {
            return false;
        }

        var (sizes, filters) = (input.shape, weight.shape);
        var pixels = sizes[0] * sizes[2] * sizes[3];
        return filters[1] == sizes[1] && pixels >= ProductKernel.Rows && pixels * Math.Max(sizes[1], filters[0]) <= KernelInput.MostNumbers;
    }

    /// <summary>(N, C, H, W) → (N, K, H, W), channels last.</summary>
    /// <param name="input">(N, C, H, W).</param>
    /// <param name="weight">(K, C, k, k), laid.</param>
    /// <param name="bias">(K), or none.</param>
    /// <param name="relu">Whether ReLU follows.</param>
    public static Tensor Convolve(Tensor input, Tensor weight, Tensor? bias, bool relu)
    {
        using var scope = NewDisposeScope();
        var output = KernelInput.Images(input, (int)weight.shape[0]);
        Ranges.RunFollowed(Call(input, weight, bias ?? zeros(weight.shape[0]), relu, output));
        return output.MoveToOuterDisposeScope();
    }

    /// <summary>What computes the same, in the caller's dispose scope.</summary>
    /// <param name="input">(N, C, H, W).</param>
    /// <param name="weight">(K, C, k, k), laid.</param>
    /// <param name="bias">(K).</param>
    /// <param name="relu">Whether ReLU follows.</param>
    /// <param name="outputs">The first filters' (N, 32 at least, H, W), the next ones' and so on: images that lie channels last, or some of their channels.</param>
    public static KernelCall Call(Tensor input, Tensor weight, Tensor bias, bool relu, params Tensor[] outputs)
    {
        var shape = ConvolutionFunction.Shape(input, weight.shape[0]);
        var from = ChannelsMemory.Of(input);
        return new PatchPass(
            (float*)from.First, from.Stride, (float*)ChannelsMemory.Address(Taps(weight)), (float*)ChannelsMemory.Address(bias), relu,
            PatchPanel.Of([.. outputs.Select(ChannelsMemory.Of)]), shape, (int)weight.shape[2]).Call();
    }
}
