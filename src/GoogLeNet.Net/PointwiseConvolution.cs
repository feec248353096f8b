using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Inception;

/// <summary>1×1 convolution with stride 1: a linear map of each pixel's channels.</summary>
internal static class PointwiseConvolution
{
    /// <summary>
    /// Whether <see cref="Multiply"/> suits: on a CPU in bfloat16. Where a processor has AMX, oneDNN takes up to seven times as long for the gradients of such
    /// a convolution as for those of the product; elsewhere as long. In float32 the convolution is the faster one.
    /// </summary>
    public static bool IsProduct(Tensor input) => input.dtype == ScalarType.BFloat16 && input.device_type == DeviceType.CPU;

    /// <summary>(N, C, H, W) → (N, O, H, W): the convolution, or the product where that suits.</summary>
    public static Tensor Apply(Tensor input, Tensor weight, Tensor? bias) =>
        IsProduct(input) ? Multiply(input, weight, bias) : functional.conv2d(input, weight, bias);

    /// <summary>(N, C, H, W) → (N, O, H, W), channels last, by a matrix product: the numbers of the convolution but for the order of sums.</summary>
    /// <param name="input">(N, C, H, W).</param>
    /// <param name="weight">(O, C, 1, 1).</param>
    /// <param name="bias">(O), or none.</param>
    public static Tensor Multiply(Tensor input, Tensor weight, Tensor? bias)
    {
        using var pixels = input.permute(0, 2, 3, 1);
        using var matrix = weight.flatten(1);
        using var product = functional.linear(pixels, matrix, bias);
        return product.permute(0, 3, 1, 2);
    }
}
