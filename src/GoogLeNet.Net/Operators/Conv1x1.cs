using System.Collections.Concurrent;
using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Inception.Operators;

/// <summary>1×1 convolution: a linear map of each pixel's channels.</summary>
internal static class Conv1x1
{
    // By number of threads.
    private static readonly ConcurrentDictionary<int, bool> IsRight = new();

    // Images, inputs, outputs and height of convolutions that oneDNN 3.7 computes wrong where it computes any wrong.
    private static readonly (int Images, int Inputs, int Outputs, int Size)[] Trials = [(2, 96, 176, 8), (16, 16, 80, 7), (1, 416, 112, 16), (2, 64, 208, 28), (2, 512, 304, 14)];

    /// <summary>
    /// Whether <see cref="Multiply"/> suits: on a CPU in bfloat16, and in float32 where libtorch's convolutions are wrong. Where a processor has AMX, oneDNN takes up to seven
    /// times as long for the gradients of such a convolution in bfloat16 as for those of the product; elsewhere as long. In float32 the convolution is the faster one, but on
    /// virtual machines that hide the processor's caches oneDNN 3.7, which TorchSharp 0.107 brings, computes a third of them wrong: some are tried once.
    /// </summary>
    public static bool IsProduct(Tensor input) =>
        input.device_type == DeviceType.CPU
        && (input.dtype == ScalarType.BFloat16 || (input.dtype == ScalarType.Float32 && !IsRight.GetOrAdd(get_num_threads(), _ => Trials.All(Agrees))));

    /// <summary>(N, C, H, W) → (N, O, H, W): the convolution, or the product where that suits.</summary>
    public static Tensor Apply(Tensor input, Tensor weight, Tensor? bias, int stride = 1)
    {
        if (stride == 1)
        {
            return IsProduct(input) ? Multiply(input, weight, bias) : Convolve(input, weight, bias);
        }

        // By the pixels that are read: with a stride, oneDNN 3.7 writes beyond its memory in the backward pass of images with channels last.
        using var rows = input.slice(2, 0, input.size(2), stride);
        using var pixels = rows.slice(3, 0, input.size(3), stride);
        return Apply(pixels, weight, bias);
    }

    // On one thread libtorch takes up to twice as long for 1×1 convolutions of fewer than 16 images. So these are computed as more images of fewer rows, which lie in memory alike.
    private static Tensor Convolve(Tensor input, Tensor weight, Tensor? bias)
    {
        const long Fewest = 16;
        var (images, height, width) = (input.size(0), input.size(2), input.size(3));
        var parts = input.device_type == DeviceType.CPU && images is > 0 and < Fewest && input.stride(1) == 1 && input.stride(0) == height * input.stride(2) && get_num_threads() == 1
            ? Enumerable.Range(2, (int)height).FirstOrDefault(parts => height % parts == 0 && images * parts >= Fewest) : 0;
        if (parts == 0)
        {
            return functional.conv2d(input, weight, bias);
        }

        using var rows = input.permute(0, 2, 3, 1);
        using var split = rows.view(images * parts, height / parts, width, -1);
        using var more = ChannelsLast.Images(split);
        using var convolved = functional.conv2d(more, weight, bias);
        using var pixels = ChannelsLast.Pixels(convolved);
        using var output = pixels.view(images, height, width, -1);
        return ChannelsLast.Images(output);
    }

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

    /// <summary>Whether two results are the same but for rounding.</summary>
    internal static bool Agree(Tensor one, Tensor other)
    {
        const double Tolerance = 1e-3;
        using var scope = NewDisposeScope();
#pragma warning disable RS0030 // A trial of the processor's kernels, on the host.
        return (one - other).abs().max().item<float>() <= Tolerance * other.abs().max().item<float>();
#pragma warning restore RS0030
    }

    private static bool Agrees((int Images, int Inputs, int Outputs, int Size) trial)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        var input = Noise(trial.Images, trial.Size, trial.Size, trial.Inputs).permute(0, 3, 1, 2);
        var weight = Noise(trial.Outputs, trial.Inputs, 1, 1);
        return Agree(Convolve(input, weight, bias: null), Multiply(input, weight, bias: null));
    }

    private static Tensor Noise(params long[] shape)
    {
        var numbers = Enumerable.Range(0, checked((int)shape.Aggregate((product, size) => product * size))).Select(i => MathF.Sin(i));
        return tensor(numbers.ToArray()).view(shape);
    }
}
