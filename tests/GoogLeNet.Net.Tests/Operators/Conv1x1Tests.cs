using FluentAssertions;
using Inception.Operators;
using Xunit;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Inception.Tests.Operators;

[Collection(TorchCollection.Name)]
public sealed class Conv1x1Tests
{
    [Theory]
    [InlineData(ScalarType.Float32, false, 5, 2)]
    [InlineData(ScalarType.Float32, true, 5, 2)]
    [InlineData(ScalarType.BFloat16, false, 5, 2)]
    [InlineData(ScalarType.BFloat16, true, 5, 2)]
    [InlineData(ScalarType.Float32, true, 5, 1)] // 2 · 5 rows are fewer than 16
    [InlineData(ScalarType.Float32, true, 8, 1)] // as 16 images of one row
    [InlineData(ScalarType.Float32, true, 24, 1)] // as 16 images of three rows
    [InlineData(ScalarType.Float32, false, 8, 1)]
    public void It_is_a_convolution_forwards_and_backwards(ScalarType type, bool channelsLast, int height, int threads)
    {
        using var scope = NewDisposeScope();
        manual_seed(0);

        // Whole numbers so small that every sum is exact in bfloat16.
        Tensor Whole(params long[] shape) => randint(-2, 3, shape).to(ScalarType.Float32);
        var (images, weight, bias, slopes) = (Whole(2, 6, height, 4), Whole(3, 6, 1, 1), Whole(3), Whole(2, 3, height, 4));
        float[][] Run(ScalarType computedIn, Func<Tensor, Tensor, Tensor?, Tensor> convolve)
        {
            var laidOut = channelsLast ? images.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2) : images;
            Tensor[] leaves = [.. new[] { laidOut, weight, bias }.Select(leaf => leaf.to(computedIn).detach().clone().requires_grad_(true))];
            var output = convolve(leaves[0], leaves[1], leaves[2]);
            (output * slopes.to(computedIn)).sum().backward();
            return [.. leaves.Select(leaf => leaf.grad!).Prepend(output).Select(result => result.to(ScalarType.Float32).Floats())];
        }

        var expected = Run(ScalarType.Float32, (x, w, b) => functional.conv2d(x, w, b));

        Threads.On(threads, () => Run(type, (x, w, b) => Conv1x1.Apply(x, w, b))).Should().BeEquivalentTo(expected, options => options.WithStrictOrdering());
    }

    [Theory]
    [InlineData(ScalarType.Float32)]
    [InlineData(ScalarType.BFloat16)]
    public void With_a_stride_it_reads_the_pixels_that_a_convolution_reads(ScalarType type)
    {
        using var scope = NewDisposeScope();
        manual_seed(0);
        Tensor Whole(params long[] shape) => randint(-2, 3, shape).to(ScalarType.Float32);
        var (x, weight, bias) = (Whole(2, 6, 7, 4), Whole(3, 6, 1, 1), Whole(3));
        Tensor[] Run(Tensor images, Func<Tensor, Tensor, Tensor?, Tensor> convolve)
        {
            var input = images.detach().requires_grad_();
            var output = convolve(input, weight.to(input.dtype), bias.to(input.dtype));
            output.sum().backward();
            return [output.to(ScalarType.Float32), input.grad!.to(ScalarType.Float32)];
        }

        var expected = Run(x, (input, w, b) => functional.conv2d(input, w, b, strides: [3, 3]));

        Run(Arrays.ChannelsLast(x).to(type), (input, w, b) => Ops.Conv2d(input, w, b, stride: 3, padding: 0)).Zip(expected)
            .Should().OnlyContain(pair => pair.First.Floats().SequenceEqual(pair.Second.Floats()));
    }

    // Sizes that oneDNN 3.7 computes wrong on a virtual machine of a Zen 5 that hides its caches, and two that it does not.
    [Theory]
    [InlineData(2, 96, 176, 8)]
    [InlineData(1, 416, 112, 16)]
    [InlineData(8, 272, 512, 7)]
    [InlineData(16, 16, 80, 7)]
    [InlineData(2, 512, 304, 14)]
    [InlineData(2, 64, 64, 16)]
    [InlineData(10, 192, 288, 4)]
    public void It_is_right_where_libtorchs_is_not(int images, int inputs, int outputs, int size)
    {
        Threads.On(1, () => Error(images, inputs, outputs, size)).Should().BeLessThan(1e-5);
        Threads.On(2, () => Error(images, inputs, outputs, size)).Should().BeLessThan(1e-5);
    }

    private static double Error(int images, int inputs, int outputs, int size)
    {
        using var scope = NewDisposeScope();
        var (input, weight) = (Arrays.ChannelsLast(Arrays.NoiseTensor(1, images, inputs, size, size)), Arrays.NoiseTensor(2, outputs, inputs, 1, 1));
        var expected = functional.conv2d(input.to(ScalarType.Float64), weight.to(ScalarType.Float64)).to(ScalarType.Float32);

        return Arrays.RelativeError(Conv1x1.Apply(input, weight, bias: null).Floats(), [.. expected.Floats().Select(value => (double)value)]);
    }

    [Fact]
    public void Results_agree_that_differ_by_rounding_alone()
    {
        using var scope = NewDisposeScope();
        var numbers = tensor(new[] { 1f, -2f, 3f });

        Conv1x1.Agree(numbers, numbers * 1.0001f).Should().BeTrue();
        Conv1x1.Agree(numbers, tensor(new[] { 1f, -2.1f, 3f })).Should().BeFalse();
        Conv1x1.Agree(tensor(new[] { 1f, float.NaN, 3f }), numbers).Should().BeFalse("what is no number is no result");
        Conv1x1.Agree(zeros(3), zeros(3)).Should().BeTrue();
    }
}
