using FluentAssertions;
using Xunit;
using static TorchSharp.torch;

namespace Inception.Tests.Models;

[Collection(TorchCollection.Name)]
public sealed class PoolingTests
{
    [Theory]
    [InlineData(8, 8, 3, 2, "both axes need one pixel after")]
    [InlineData(7, 7, 3, 2, "both need one on each side")]
    [InlineData(8, 7, 3, 2, "the rows round otherwise than the columns")]
    [InlineData(7, 8, 3, 2, "and the other way round")]
    [InlineData(6, 5, 2, 2, "nothing on the even axis")]
    [InlineData(5, 6, 3, 1, "stride 1")]
    [InlineData(5, 4, 2, 1, "an even kernel at stride 1 lacks one after")]
    [InlineData(4, 4, 2, 1, "likewise on both axes")]
    [InlineData(1, 2, 3, 2, "smaller than the window")]
    [InlineData(9, 10, 2, 3, "pixels between the windows are left out")]
    [InlineData(10, 9, 5, 4, "a large window")]
    public void Same_pooling_is_TensorFlows(int height, int width, int kernel, int stride, string reason)
    {
        int rows = (int)Math.Ceiling(height / (double)stride), columns = (int)Math.Ceiling(width / (double)stride);
        var top = Math.Max(((rows - 1) * stride) + kernel - height, 0) / 2;
        var left = Math.Max(((columns - 1) * stride) + kernel - width, 0) / 2;

        Check(PoolingRule.Same, height, width, kernel, stride, rows, columns, top, left, reason);
    }

    [Theory]
    [InlineData(8, 8, 4, 4)]
    [InlineData(7, 9, 3, 4)]
    [InlineData(2, 3, 1, 1)]
    [InlineData(56, 5, 28, 2)]
    public void Ceil_pooling_is_Caffes(int height, int width, int rows, int columns) =>
        Check(PoolingRule.Ceil, height, width, 3, 2, rows, columns, 0, 0, "3×3 over 2 without padding, rounded up");

    [Theory]
    [InlineData(8, 8, 4, 4)]
    [InlineData(7, 9, 4, 5)]
    [InlineData(1, 2, 1, 1)]
    public void Floor_pooling_is_PyTorchs_usual_one(int height, int width, int rows, int columns) =>
        Check(PoolingRule.Floor, height, width, 3, 2, rows, columns, 1, 1, "3×3 over 2 with 1 on each side");

    [Theory]
    [InlineData(PoolingRule.Ceil)]
    [InlineData(PoolingRule.Floor)]
    [InlineData(PoolingRule.Same)]
    public void The_layer_puts_out_the_sizes_that_the_geometry_says(PoolingRule rule)
    {
        using var scope = NewDisposeScope();
        foreach (var size in Enumerable.Range(1, 12))
        {
            foreach (var (kernel, stride) in new[] { (1, 1), (2, 1), (2, 2), (3, 1), (3, 2), (3, 3), (4, 2), (4, 3), (5, 2), (5, 4), (2, 3) })
            {
                int rows = Geometry.PoolOutput(size, kernel, stride, rule), columns = Geometry.PoolOutput(size + 1, kernel, stride, rule);
                if (rows > 0 && columns > 0)
                {
                    using var pool = new MaxPool(kernel, stride, rule);
                    pool.call(Arrays.NoiseTensor(2, 1, 1, size, size + 1)).shape.Should().Equal([1, 1, rows, columns], $"{size}, {kernel}/{stride}");
                }
            }
        }
    }

    [Theory]
    [InlineData(5, 1e-4, 0.75, 1, "Caffe's constants")]
    [InlineData(3, 0.5, 0.5, 2, "constants that show in every digit")]
    [InlineData(9, 1, 1, 1, "more channels in the window than there are")]
    [InlineData(1, 1, 0.75, 1, "each channel for itself")]
    public void Local_response_normalisation_divides_by_its_neighbours(int size, double alpha, double beta, double k, string reason)
    {
        using var scope = NewDisposeScope();
        using var layer = new LocalResponseNorm(new LocalResponseNormSpec("lrn", size, alpha, beta, k));
        var input = tensor([.. Arrays.Noise(168, 7).Select(value => 3 * value)], [2, 7, 3, 4]);

        Arrays.RelativeError(layer.call(input).Floats(), Naive.LocalResponseNorm(input.Grid(), size, alpha, beta, k).Flat())
            .Should().BeLessThan(1e-5, reason);
    }

    private static void Check(
        PoolingRule rule, int height, int width, int kernel, int stride, int rows, int columns, int top, int left, string reason)
    {
        using var scope = NewDisposeScope();
        using var pool = new MaxPool(kernel, stride, rule);
        // Below 0, so that a padding of zeros instead of nothing would win every maximum.
        var input = tensor([.. Arrays.Noise(6 * height * width, 5).Select(value => value - 2)], [2, 3, height, width]);

        var output = pool.call(input);

        output.shape.Should().Equal([2, 3, rows, columns], reason);
        output.Floats().Select(value => (double)value).Should().Equal(Naive.MaxPool(input.Grid(), kernel, stride, rows, columns, top, left).Flat());
    }
}
