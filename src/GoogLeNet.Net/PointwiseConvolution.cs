using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Inception;

/// <summary>1×1 convolution with stride 1: a linear map of each pixel's channels.</summary>
internal static class PointwiseConvolution
{
    /// <summary>
    /// (N, C, H, W) → (N, O, H, W), channels last in bfloat16 on a CPU: there it is computed as the matrix product that it is. The same numbers but for the
    /// order of sums; where a processor has AMX, oneDNN takes two to five times as long for the gradients of such a convolution as for those of the product.
    /// </summary>
    /// <param name="input">(N, C, H, W).</param>
    /// <param name="weight">(O, C, 1, 1).</param>
    /// <param name="bias">(O), or none.</param>
    public static Tensor Apply(Tensor input, Tensor weight, Tensor? bias)
    {
        if (input.dtype != ScalarType.BFloat16 || input.device_type != DeviceType.CPU)
        {
            return functional.conv2d(input, weight, bias);
        }

        using var pixels = input.permute(0, 2, 3, 1);
        using var matrix = weight.flatten(1);
        using var product = functional.linear(pixels, matrix, bias);
        return product.permute(0, 3, 1, 2);
    }
}
