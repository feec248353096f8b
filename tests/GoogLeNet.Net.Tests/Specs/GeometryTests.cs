using FluentAssertions;
using Xunit;

namespace Inception.Tests.Specs;

public sealed class GeometryTests
{
    [Theory]
    [InlineData(224, 7, 2, 2, 3, "the tutorial's first convolution")]
    [InlineData(56, 3, 1, 1, 1, "the odd kernel leaves an even total")]
    [InlineData(28, 5, 1, 2, 2, "likewise")]
    [InlineData(28, 1, 1, 0, 0, "1×1 pads nothing")]
    [InlineData(225, 7, 2, 3, 3, "an odd size at stride 2")]
    public void Same_padding_puts_the_odd_zero_after(int size, int kernel, int stride, int before, int after, string reason) =>
        Geometry.ConvolutionPadding(size, kernel, stride, PaddingRule.Same).Should().Be((before, after), reason);

    [Fact]
    public void Same_pooling_of_3_over_2_on_112_pads_0_before_and_1_after()
    {
        // No padding, rounded up: the last window reaches one pixel beyond the end.
        Geometry.PoolPadding(112, 3, 2, PoolingRule.Same).Should().Be((0, true));
        Geometry.PoolOutput(112, 3, 2, PoolingRule.Same).Should().Be(56);
    }

    [Theory]
    [InlineData(112, PoolingRule.Ceil, 56)]
    [InlineData(112, PoolingRule.Floor, 56)]
    [InlineData(111, PoolingRule.Ceil, 55)]
    [InlineData(111, PoolingRule.Floor, 56)]
    [InlineData(8, PoolingRule.Ceil, 4)]
    [InlineData(7, PoolingRule.Ceil, 3)]
    [InlineData(7, PoolingRule.Floor, 4)]
    [InlineData(2, PoolingRule.Ceil, 1)]
    [InlineData(1, PoolingRule.Ceil, 0)]
    public void Ceil_and_floor_differ_as_caffe_and_pytorch_do(int size, PoolingRule rule, int output) =>
        Geometry.PoolOutput(size, 3, 2, rule).Should().Be(output);

    [Theory]
    [InlineData(PaddingRule.Symmetric)]
    [InlineData(PaddingRule.Same)]
    public void Convolution_outputs_are_the_windows_that_fit_into_the_padded_axis(PaddingRule rule)
    {
        foreach (var (size, kernel, stride) in Cases().Where(test => test.Kernel % 2 == 1))
        {
            var (before, after) = Geometry.ConvolutionPadding(size, kernel, stride, rule);
            var windows = 0;
            for (var start = -before; start + kernel <= size + after; start += stride)
            {
                windows++;
            }

            Geometry.ConvolutionOutput(size, kernel, stride, rule).Should().Be(Math.Max(windows, 0), $"{size}, {kernel}/{stride}");
        }
    }

    [Fact]
    public void Same_convolutions_follow_TensorFlows_published_formula()
    {
        foreach (var (size, kernel, stride) in Cases().Where(test => test.Kernel % 2 == 1))
        {
            // tensorflow.org/api_docs/python/tf/nn: pad = max(filter − stride, 0) if size % stride == 0, else max(filter − size % stride, 0)
            var total = size % stride == 0 ? Math.Max(kernel - stride, 0) : Math.Max(kernel - (size % stride), 0);
            var because = $"{size}, {kernel}/{stride}";
            Geometry.ConvolutionPadding(size, kernel, stride, PaddingRule.Same).Should().Be((total / 2, total - (total / 2)), because);
            Geometry.ConvolutionOutput(size, kernel, stride, PaddingRule.Same).Should().Be((int)Math.Ceiling(size / (double)stride), because);
        }
    }

    [Fact]
    public void Same_poolings_put_out_a_stride_th_of_the_input_rounded_up()
    {
        foreach (var (size, kernel, stride) in Cases())
        {
            Geometry.PoolOutput(size, kernel, stride, PoolingRule.Same)
                .Should().Be((int)Math.Ceiling(size / (double)stride), $"{size}, {kernel}/{stride}");
        }
    }

    [Fact]
    public void Floor_poolings_are_the_windows_that_fit_into_the_padded_axis()
    {
        foreach (var (size, kernel, stride) in Cases())
        {
            var windows = 0;
            for (var start = -(kernel / 2); start + kernel <= size + (kernel / 2); start += stride)
            {
                windows++;
            }

            Geometry.PoolOutput(size, kernel, stride, PoolingRule.Floor).Should().Be(windows, $"{size}, {kernel}/{stride}");
        }
    }

    [Fact]
    public void Ceil_poolings_add_the_window_that_still_starts_inside_the_input()
    {
        foreach (var (size, kernel, stride) in Cases().Where(test => test.Stride > 1 && test.Size >= test.Kernel))
        {
            // Caffe: windows from 0 in steps of the stride, until one reaches the end; one that starts beyond it does not exist.
            var windows = 1;
            for (var start = 0; start + kernel < size && start + stride < size; start += stride)
            {
                windows++;
            }

            Geometry.PoolOutput(size, kernel, stride, PoolingRule.Ceil).Should().Be(windows, $"{size}, {kernel}/{stride}");
        }
    }

    [Fact]
    public void Ceil_poolings_of_stride_1_keep_the_size_for_odd_kernels()
    {
        foreach (var (size, kernel, _) in Cases().Where(test => test.Kernel % 2 == 1))
        {
            Geometry.PoolOutput(size, kernel, 1, PoolingRule.Ceil).Should().Be(size, $"{size}, {kernel}/1");
        }
    }

    private static IEnumerable<(int Size, int Kernel, int Stride)> Cases() =>
        from size in Enumerable.Range(1, 40)
        from kernel in Enumerable.Range(1, 7)
        from stride in Enumerable.Range(1, 4)
        select (size, kernel, stride);
}
