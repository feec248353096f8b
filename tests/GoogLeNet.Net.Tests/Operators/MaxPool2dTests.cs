using FluentAssertions;
using Inception.Kernels;
using Xunit;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Inception.Tests.Operators;

/// <summary>The pooling of images that lie channels last on a CPU, against libtorch's of the same numbers in its own layout.</summary>
[Collection(TorchCollection.Name)]
public sealed class MaxPool2dTests
{
    public static TheoryData<int, int, int, int, PoolingRule, int, string> Poolings => new()
    {
        { 12, 12, 3, 2, PoolingRule.Ceil, 64, "the stem's" },
        { 7, 7, 3, 1, PoolingRule.Floor, 832, "an Inception module's" },
        { 8, 5, 3, 2, PoolingRule.Floor, MaxPoolKernel.Block, "one block of channels" },
        { 5, 8, 2, 2, PoolingRule.Ceil, MaxPoolKernel.Block + 1, "a remainder of one channel" },
        { 6, 7, 3, 2, PoolingRule.Ceil, (3 * MaxPoolKernel.Block) - 1, "a remainder of all channels but one" },
        { 9, 4, 5, 4, PoolingRule.Floor, 80, "a large window" },
        { 9, 10, 2, 3, PoolingRule.Ceil, 64, "pixels in no window" },
        { 1, 1, 3, 1, PoolingRule.Floor, 64, "one pixel" },
        { 60, 60, 3, 1, PoolingRule.Floor, 64, "enough work for several threads" },
    };

    [Theory]
    [MemberData(nameof(Poolings))]
    public void Values_and_gradients_are_libtorchs_bit_for_bit(int height, int width, int kernel, int stride, PoolingRule rule, int channels, string reason)
    {
        using var scope = NewDisposeScope();
        var (values, gradient) = Both(height, width, channels, kernel, stride, rule, ties: false);

        values.Ours.Should().Equal(values.Theirs, reason);
        gradient.Ours.Should().Equal(gradient.Theirs, reason);
    }

    [Theory]
    [MemberData(nameof(Poolings))]
    public void Of_equal_numbers_the_first_gets_the_gradient(int height, int width, int kernel, int stride, PoolingRule rule, int channels, string reason)
    {
        using var scope = NewDisposeScope();
        var (values, gradient) = Both(height, width, channels, kernel, stride, rule, ties: true);

        values.Ours.Should().Equal(values.Theirs, reason);
        gradient.Ours.Should().Equal(gradient.Theirs, reason);
    }

    [Fact]
    public void Bfloat16_gradients_are_summed_in_float32_and_rounded_once()
    {
        using var scope = NewDisposeScope();
        using var pool = new MaxPool(3, 1, PoolingRule.Floor);
        var input = Arrays.ChannelsLast(Arrays.NoiseTensor(3, 2, 64, 9, 9)).to(ScalarType.BFloat16).requires_grad_();
        var wide = input.detach().to(ScalarType.Float32).requires_grad_();
        var weights = Arrays.NoiseTensor(4, 2, 64, 9, 9).to(ScalarType.BFloat16);

        var output = pool.call(input);
        output.backward([weights]);
        F.max_pool2d(wide, 3, 1, 1).backward([weights.to(ScalarType.Float32)]);

        output.dtype.Should().Be(ScalarType.BFloat16);
        input.grad!.to(ScalarType.Float32).Floats().Should().Equal(wide.grad!.to(ScalarType.BFloat16).to(ScalarType.Float32).Floats());
    }

    [Theory]
    [InlineData(ScalarType.Float32)]
    [InlineData(ScalarType.BFloat16)]
    public void Infinities_and_numbers_that_are_none_come_through(ScalarType type)
    {
        using var scope = NewDisposeScope();
        using var pool = new MaxPool(2, 2, PoolingRule.Floor);
        float[] image = [float.NaN, 1, float.NegativeInfinity, float.PositiveInfinity, 2, 3, -1, -2, float.NegativeInfinity, -0f, 5, 6, -3, -4, 7, float.NaN];
        var input = Arrays.ChannelsLast(tensor(image, [1, 1, 4, 4]).expand(1, 64, 4, 4)).to(type);
        using var still = no_grad();

        var output = pool.call(input).to(ScalarType.Float32).Floats();
        var expected = F.max_pool2d(input.contiguous(), 2, 2, 1).to(ScalarType.Float32).Floats();

        output.Should().Equal(expected);
        output.Count(float.IsNaN).Should().Be(2 * 64, "two windows hold one");
    }

    [Fact]
    public void Without_gradients_the_values_are_the_same_and_nothing_is_recorded()
    {
        using var scope = NewDisposeScope();
        using var pool = new MaxPool(3, 2, PoolingRule.Ceil);
        var input = Arrays.ChannelsLast(Arrays.NoiseTensor(5, 3, 64, 11, 11)).requires_grad_();
        var recorded = pool.call(input);
        using var mode = inference_mode();

        var output = pool.call(input);

        output.requires_grad.Should().BeFalse();
        recorded.requires_grad.Should().BeTrue();
        output.Floats().Should().Equal(recorded.Floats());
    }

    [Fact]
    public void The_gradient_of_a_gradient_is_the_one_of_libtorchs()
    {
        using var scope = NewDisposeScope();
        using var pool = new MaxPool(3, 2, PoolingRule.Floor);
        var ours = Penalty(x => pool.call(x), Arrays.ChannelsLast);
        var theirs = Penalty(x => F.max_pool2d(x, 3, 2, 1), x => x);

        Arrays.RelativeError(ours, [.. theirs.Select(value => (double)value)]).Should().BeLessThan(1e-5);
    }

    [Fact]
    public void The_result_may_be_changed_in_place()
    {
        using var scope = NewDisposeScope();
        using var pool = new MaxPool(3, 1, PoolingRule.Floor);
        var input = Arrays.ChannelsLast(Arrays.NoiseTensor(6, 1, 64, 4, 4)).requires_grad_();

        pool.call(input).mul_(2).sum().backward();

        input.grad!.sum().item<float>().Should().Be(2 * 64 * 16);
    }

    // The gradient of the sum of squares of the gradient of the sum of cubes.
    private static float[] Penalty(Func<Tensor, Tensor> function, Func<Tensor, Tensor> layout)
    {
        var input = layout(Arrays.NoiseTensor(8, 2, 64, 7, 7)).requires_grad_();
        function(input).pow(3).sum().backward(retain_graph: true, create_graph: true);
        var first = input.grad!;
        input.grad = null;
        first.pow(2).sum().backward();
        return input.grad!.Floats();
    }

    private static ((float[] Ours, float[] Theirs) Values, (float[] Ours, float[] Theirs) Gradient) Both(
        int height, int width, int channels, int kernel, int stride, PoolingRule rule, bool ties)
    {
        using var pool = new MaxPool(kernel, stride, rule);
        var noise = Arrays.NoiseTensor(7, 2, channels, height, width);
        var theirs = (ties ? (noise * 2).to(ScalarType.Int32).to(ScalarType.Float32) : noise).requires_grad_();
        var ours = Arrays.ChannelsLast(theirs.detach()).requires_grad_();
        var expected = pool.call(theirs);
        var output = pool.call(ours);
        var weights = Arrays.NoiseTensor(9, expected.shape);
        expected.backward([weights]);
        output.backward([Arrays.ChannelsLast(weights)]);
        return ((output.Floats(), expected.Floats()), (ours.grad!.Floats(), theirs.grad!.Floats()));
    }
}
