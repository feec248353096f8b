using FluentAssertions;
using Xunit;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Inception.Tests.Model;

[Collection(TorchCollection.Name)]
public sealed class PointwiseConvolutionTests
{
    [Theory]
    [InlineData(ScalarType.Float32, false)]
    [InlineData(ScalarType.Float32, true)]
    [InlineData(ScalarType.BFloat16, false)]
    [InlineData(ScalarType.BFloat16, true)]
    public void It_is_a_convolution_forwards_and_backwards(ScalarType type, bool channelsLast)
    {
        using var scope = NewDisposeScope();
        manual_seed(0);

        // Whole numbers so small that every sum is exact in bfloat16.
        Tensor Whole(params long[] shape) => randint(-2, 3, shape).to(ScalarType.Float32);
        var (images, weight, bias, slopes) = (Whole(2, 6, 5, 4), Whole(3, 6, 1, 1), Whole(3), Whole(2, 3, 5, 4));
        float[][] Run(ScalarType computedIn, Func<Tensor, Tensor, Tensor?, Tensor> convolve)
        {
            var laidOut = channelsLast ? images.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2) : images;
            Tensor[] leaves = [.. new[] { laidOut, weight, bias }.Select(leaf => leaf.to(computedIn).detach().clone().requires_grad_(true))];
            var output = convolve(leaves[0], leaves[1], leaves[2]);
            (output * slopes.to(computedIn)).sum().backward();
            return [.. leaves.Select(leaf => leaf.grad!).Prepend(output).Select(result => result.to(ScalarType.Float32).Floats())];
        }

        var expected = Run(ScalarType.Float32, (x, w, b) => functional.conv2d(x, w, b));

        Run(type, PointwiseConvolution.Apply).Should().BeEquivalentTo(expected, options => options.WithStrictOrdering());
    }
}
