using FluentAssertions;
using Inception.Kernels;
using Inception.Operators;
using Xunit;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Inception.Tests.Kernels;

/// <summary>Local response normalization, average and max pooling for inference, against libtorch.</summary>
[Collection(TorchCollection.Name)]
public sealed class NormAndAveragePoolTests
{
    [Theory]
    [InlineData(64, 5, 1e-4, 0.75, 1, "the paper's")]
    [InlineData(19, 5, 2, 0.75, 2, "channels that fill no vector at the end")]
    [InlineData(7, 3, 1, 0.5, 1, "fewer channels than a vector, another exponent")]
    [InlineData(40, 4, 1, 0.6, 1, "an even window, another exponent")]
    public void Local_response_normalization_is_libtorchs(int channels, int size, double alpha, double beta, double k, string reason)
    {
        using var scope = NewDisposeScope();
        var x = Arrays.ChannelsLast(Arrays.NoiseTensor(1, 2, channels, 5, 6) * 3);
        var output = empty_like(x);

        ParallelFor.Run(2, new LocalResponseNormKernel(size, alpha, beta, k).Work(x.View().Address, output.View().Address, 2 * 5 * 6, channels));

        Arrays.RelativeError(output.Floats(), [.. F.local_response_norm(x, size, alpha, beta, k).Floats().Select(value => (double)value)]).Should().BeLessThan(2e-6, reason);
    }

    [Theory]
    [InlineData(14, 14, 40, 5, 3)]
    [InlineData(7, 9, 5, 3, 2)]
    public void Average_pooling_is_libtorchs(int height, int width, int channels, int kernel, int stride)
    {
        using var scope = NewDisposeScope();
        var x = Arrays.ChannelsLast(Arrays.NoiseTensor(1, 2, channels, height, width));

        Pool(x, AveragePoolKernel.Windows(height, kernel, stride), AveragePoolKernel.Windows(width, kernel, stride))
            .MustEqual(F.avg_pool2d(x, kernel, stride));
    }

    [Theory]
    [InlineData(14, 14, 4)]
    [InlineData(7, 10, 4)]
    [InlineData(3, 2, 4)]
    [InlineData(7, 7, 1)]
    public void Adaptive_average_pooling_is_libtorchs(int height, int width, int count)
    {
        using var scope = NewDisposeScope();
        var x = Arrays.ChannelsLast(Arrays.NoiseTensor(1, 2, 33, height, width));

        Pool(x, AveragePoolKernel.AdaptiveWindows(height, count), AveragePoolKernel.AdaptiveWindows(width, count))
            .MustEqual(F.adaptive_avg_pool2d(x, count));
    }

    [Fact]
    public void Max_pooling_of_few_channels_is_libtorchs()
    {
        using var scope = NewDisposeScope();
        var x = Arrays.ChannelsLast(Arrays.NoiseTensor(1, 2, 7, 9, 8));
        var output = TensorViews.EmptyImages(2, 7, 5, 4, ScalarType.Float32);

        ParallelFor.Run(2, MaxPoolKernel.For(ElementType.Float32).Forward(x.View().Address, output.View().Address, 0, new(2, 9, 8, 7, 5, 4, 3, 2, 1, 1)));

        output.Floats().Should().Equal(F.max_pool2d(x, 3, 2, 1).Floats());
    }

    private static Tensor Pool(Tensor x, (int Start, int End)[] rows, (int Start, int End)[] columns)
    {
        var sizes = x.shape;
        var output = TensorViews.EmptyImages(sizes[0], sizes[1], rows.Length, columns.Length, ScalarType.Float32);
        ParallelFor.Run(2, AveragePoolKernel.Work(x.View().Address, output.View().Address, (int)sizes[0], (int)sizes[2], (int)sizes[3], (int)sizes[1], rows, columns));
        return output;
    }
}

file static class PoolAssertions
{
    public static void MustEqual(this Tensor pooled, Tensor expected)
    {
        pooled.shape.Should().Equal(expected.shape);
        Arrays.RelativeError(pooled.Floats(), [.. expected.Floats().Select(value => (double)value)]).Should().BeLessThan(1e-6);
    }
}
