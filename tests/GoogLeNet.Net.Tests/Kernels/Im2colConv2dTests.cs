using FluentAssertions;
using Inception.Kernels;
using Inception.Operators;
using Xunit;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Inception.Tests.Kernels;

/// <summary>Convolutions as matrix products with packed filters, against libtorch's in float64.</summary>
[Collection(TorchCollection.Name)]
public sealed class Im2colConv2dTests
{
    [Theory]
    [InlineData(1, 1, 7, 7, 64, 32, 1, 0, "one panel of filters, and one pixel more than whole rows")]
    [InlineData(1, 3, 28, 28, 96, 176, 1, 0, "half a panel of filters, and several ranges of pixels")]
    [InlineData(1, 1, 1, 1, 1024, 1000, 1, 0, "a classifier: one pixel")]
    [InlineData(1, 3, 1, 1, 20, 3, 1, 0, "fewer pixels and filters than the kernel takes at once")]
    [InlineData(3, 2, 5, 3, 1, 33, 1, 1, "one channel, and one filter in the last panel")]
    [InlineData(3, 1, 2, 2, 7, 40, 1, 1, "images smaller than a filter")]
    [InlineData(3, 1, 40, 60, 32, 48, 1, 1, "more patches than are laid out at once")]
    [InlineData(5, 2, 9, 6, 16, 48, 1, 2, "images that are not square")]
    [InlineData(7, 2, 31, 29, 3, 64, 2, 3, "the paper's first convolution")]
    [InlineData(2, 2, 8, 9, 5, 8, 3, 0, "an even filter, and a stride that leaves pixels out")]
    [InlineData(4, 3, 4, 4, 128, 50, 1, 0, "a hidden layer: one window")]
    public void Values_are_libtorchs(int kernel, int images, int height, int width, int inputs, int outputs, int stride, int padding, string reason)
    {
        using var scope = NewDisposeScope();
        var (x, weight, bias) = (Arrays.NoiseTensor(1, images, inputs, height, width), Arrays.NoiseTensor(3, outputs, inputs, kernel, kernel), Arrays.NoiseTensor(5, outputs));
        var expected = F.conv2d(x.to(ScalarType.Float64), weight.to(ScalarType.Float64), bias.to(ScalarType.Float64), strides: [stride, stride], padding: [padding, padding]);

        foreach (var threads in new[] { 1, 3 })
        {
            var output = Convolve(Arrays.ChannelsLast(x), weight, bias, stride, padding, relu: false, threads);
            Arrays.RelativeError(output.Floats(), expected.contiguous().data<double>().ToArray()).Should().BeLessThan(2e-6, reason);
        }
    }

    [Fact]
    public void Outputs_go_where_they_belong_in_a_concatenation_and_nowhere_else()
    {
        using var scope = NewDisposeScope();
        var (x, weight, bias) = (Arrays.ChannelsLast(Arrays.NoiseTensor(1, 2, 24, 7, 9)), Arrays.NoiseTensor(3, 40, 24, 1, 1), Arrays.NoiseTensor(5, 40));
        var whole = Arrays.ChannelsLast(full([2, 60, 7, 9], 7f));
        using var memory = new FilterMemory();
        var filters = new PackedFilters(memory, weight.Floats(), bias.Floats(), 1);

        ParallelFor.Run(2, new Im2colConv2d(x.View(), filters, relu: true, whole.View().Slice(8, 40), new(2, 7, 9, 7, 9, 1, 0, 0)).Work(2));

        whole.narrow(1, 8, 40).Floats().Should().Equal(Convolve(x, weight, bias, 1, 0, relu: true, threads: 1).Floats());
        cat([whole.narrow(1, 0, 8), whole.narrow(1, 48, 12)], 1).Floats().Should().OnlyContain(number => number == 7);
    }

    [Theory]
    [InlineData(1, 0)]
    [InlineData(3, 1)]
    public void Some_channels_of_images_are_read_where_they_lie(int kernel, int padding)
    {
        using var scope = NewDisposeScope();
        var (all, weight, bias) = (Arrays.ChannelsLast(Arrays.NoiseTensor(1, 2, 64, 6, 6)), Arrays.NoiseTensor(3, 32, 24, kernel, kernel), Arrays.NoiseTensor(5, 32));
        var part = all.narrow(1, 16, 24);

        Convolve(part, weight, bias, 1, padding, relu: false, threads: 1).Floats()
            .Should().Equal(Convolve(Arrays.ChannelsLast(part), weight, bias, 1, padding, relu: false, threads: 1).Floats());
    }

    [Fact]
    public void An_image_has_the_same_bits_in_any_batch_and_on_any_number_of_threads()
    {
        using var scope = NewDisposeScope();
        var (x, weight, bias) = (Arrays.ChannelsLast(Arrays.NoiseTensor(1, 5, 48, 13, 13)), Arrays.NoiseTensor(3, 80, 48, 3, 3), Arrays.NoiseTensor(5, 80));
        var alone = Convolve(x.narrow(0, 0, 1), weight, bias, 1, 1, relu: false, threads: 1).Floats();

        foreach (var threads in new[] { 1, 2, 3, 7 })
        {
            Convolve(x, weight, bias, 1, 1, relu: false, threads).narrow(0, 0, 1).Floats().Should().Equal(alone, $"{threads} threads");
        }
    }

    [Fact]
    public void ReLU_lets_NaN_through()
    {
        using var scope = NewDisposeScope();
        var (x, weight, bias) = (Arrays.ChannelsLast(Arrays.NoiseTensor(1, 1, 16, 9, 9)), Arrays.NoiseTensor(3, 33, 16, 3, 3), Arrays.NoiseTensor(5, 33));
        x.select(0, 0).select(0, 3).select(0, 8).select(0, 8).fill_(float.NaN);

        var output = Convolve(x, weight, bias, 1, 1, relu: true, threads: 1);

        output.Floats().Should().Equal(F.relu(Convolve(x, weight, bias, 1, 1, relu: false, threads: 1)).Floats());
        output.Floats().Count(float.IsNaN).Should().Be(4 * 33, "the last pixel and its three neighbours");
    }

    private static Tensor Convolve(Tensor x, Tensor weight, Tensor bias, int stride, int padding, bool relu, int threads)
    {
        var (sizes, kernel) = (x.shape, (int)weight.shape[2]);
        var (images, height, width) = ((int)sizes[0], (int)sizes[2], (int)sizes[3]);
        var (rows, columns) = (((height + (2 * padding) - kernel) / stride) + 1, ((width + (2 * padding) - kernel) / stride) + 1);
        using var memory = new FilterMemory();
        var filters = new PackedFilters(memory, weight.Floats(), bias.Floats(), kernel);
        var output = TensorViews.EmptyImages(images, weight.shape[0], rows, columns, ScalarType.Float32);
        ParallelFor.Run(threads, new Im2colConv2d(x.View(), filters, relu, output.View(), new(images, height, width, rows, columns, stride, padding, padding)).Work(threads));
        return output;
    }
}
