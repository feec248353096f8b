using FluentAssertions;
using Inception.Kernels;
using Xunit;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Inception.Tests.Kernels;

/// <summary>Convolutions for inference whose filters are laid for it, against libtorch's in float64.</summary>
[Collection(TorchCollection.Name)]
public sealed class PatchConvolutionTests
{
    [Theory]
    [InlineData(1, 1, 7, 7, 64, 32, "one panel of filters, and one pixel more than whole rows")]
    [InlineData(1, 3, 28, 28, 96, 176, "half a panel of filters, and several ranges of pixels")]
    [InlineData(1, 2, 5, 3, 1, 33, "one channel, and one filter in the last panel")]
    [InlineData(1, 1, 2, 2, 7, 40, "the fewest pixels")]
    [InlineData(3, 1, 7, 7, 192, 384, "several ranges of filters")]
    [InlineData(3, 2, 14, 14, 24, 64, "two images")]
    [InlineData(3, 1, 40, 60, 32, 48, "more patches than are laid at once")]
    [InlineData(3, 4, 1, 1, 16, 32, "images of one pixel")]
    [InlineData(5, 2, 9, 6, 16, 48, "five taps, and images that are not square")]
    public void Values_are_libtorchs(int kernel, int images, int height, int width, int inputs, int outputs, string reason)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        var (input, filters, bias) = (Input(images, inputs, height, width), Filters(outputs, inputs, kernel), Bias(outputs));
        PatchConvolution.Takes(input, filters).Should().Be(ProductKernel.IsAccelerated);

        var ours = PatchConvolution.Convolve(input, filters, bias, relu: false);
        var theirs = F.conv2d(Wide(input), Wide(filters), Wide(bias), padding: [kernel / 2, kernel / 2]);

        ours.shape.Should().Equal(theirs.shape);
        ours.permute(0, 2, 3, 1).is_contiguous().Should().BeTrue();
        Arrays.RelativeError(ours.Floats(), [.. theirs.to(ScalarType.Float32).Floats().Select(value => (double)value)]).Should().BeLessThan(2e-6, reason);
    }

    // A part takes its last four pixels at once: one of fewer would reach before its first.
    [Fact]
    public void A_few_pixels_are_one_part_however_much_there_is_to_do()
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        var (input, filters, output) = (Input(1, 60_000, 1, 5), Filters(32, 60_000, 1), Arrays.ChannelsLast(zeros(1, 32, 1, 5)));

        Threads.On(3, () => PatchConvolution.Call(input, filters, Bias(32), relu: false, output).Count).Should().Be(1);
    }

    [Fact]
    public void An_image_has_the_same_bits_in_any_batch_and_on_any_number_of_threads()
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        var (input, filters, bias) = (Input(5, 48, 13, 13), Filters(80, 48, 3), Bias(80));
        float[] On(int count, Tensor images) =>
            Threads.On(count, () => PatchConvolution.Convolve(images, filters, bias, relu: false).select(0, 0).Floats());

        var alone = On(1, input.narrow(0, 0, 1));
        foreach (var count in new[] { 1, 2, 3, 7 })
        {
            On(count, input).Should().Equal(alone, $"{count} threads");
        }
    }

    [Fact]
    public void Some_channels_of_images_are_read_where_they_lie()
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        var (part, filters) = (Input(2, 64, 6, 6).narrow(1, 16, 24), Filters(32, 24, 3));

        var output = PatchConvolution.Convolve(part, filters, bias: null, relu: false);

        output.Floats().Should().Equal(PatchConvolution.Convolve(Arrays.ChannelsLast(part), filters, bias: null, relu: false).Floats());
    }

    [Fact]
    public void Outputs_go_where_they_belong_and_nowhere_else()
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        var (input, filters, bias) = (Input(2, 24, 7, 9), Filters(40 + 33, 24, 3), Bias(40 + 33));
        var (whole, other) = (Arrays.ChannelsLast(full([2, 60, 7, 9], 7f)), Arrays.ChannelsLast(zeros(2, 33, 7, 9)));

        Threads.On(2, () =>
        {
            Ranges.Run(PatchConvolution.Call(input, filters, bias, relu: true, whole.narrow(1, 8, 40), other));
            return 0;
        });

        var expected = PatchConvolution.Convolve(input, filters, bias, relu: true);
        whole.narrow(1, 8, 40).Floats().Should().Equal(expected.narrow(1, 0, 40).Floats());
        other.Floats().Should().Equal(expected.narrow(1, 40, 33).Floats());
        cat([whole.narrow(1, 0, 8), whole.narrow(1, 48, 12)], 1).Floats().Should().OnlyContain(number => number == 7);
    }

    [Fact]
    public void ReLU_lets_numbers_that_are_none_through()
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        var (input, filters, bias) = (Input(1, 16, 9, 9), Filters(32, 16, 3), Bias(32));
        input.select(0, 0).select(0, 3).select(0, 8).select(0, 8).fill_(float.NaN);

        var output = PatchConvolution.Convolve(input, filters, bias, relu: true).Floats();

        output.Should().Equal(F.relu(PatchConvolution.Convolve(input, filters, bias, relu: false)).Floats());
        output.Count(float.IsNaN).Should().Be(4 * 32, "the last pixel and its three neighbours");
    }

    [Fact]
    public void Winograds_kernel_reads_filters_that_were_laid()
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        foreach (var type in new[] { ScalarType.Float32, ScalarType.BFloat16 })
        {
            var (inputs, outputs) = ConvolutionKernel.Suits(48) ? (48, 84) : (64, 96);
            var (input, laid) = (Input(2, inputs, 9, 9).to(type), Filters(outputs, inputs, 3).to(type));
            laid.stride().Should().Equal(1, outputs, 3 * inputs * outputs, inputs * outputs);

            ConvolutionFunction.Convolve(input, laid).to(ScalarType.Float32).Floats()
                .Should().Equal(ConvolutionFunction.Convolve(input, laid.contiguous()).to(ScalarType.Float32).Floats());
        }
    }

    [Fact]
    public void Other_filters_and_inputs_are_left_to_libtorch()
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        var (input, filters) = (Input(1, 32, 7, 7), Filters(64, 32, 3));

        PatchConvolution.Takes(input, filters).Should().Be(ProductKernel.IsAccelerated);
        PatchConvolution.Takes(input, filters.contiguous()).Should().BeFalse("filters are not laid");
        PatchConvolution.Takes(input.contiguous(), filters).Should().BeFalse("channels do not lie last");
        PatchConvolution.Takes(input.to(ScalarType.BFloat16), filters).Should().BeFalse("numbers of two types");
        PatchConvolution.Takes(input.to(ScalarType.BFloat16), filters.to(ScalarType.BFloat16)).Should().BeFalse("bfloat16");
        PatchConvolution.Takes(input, Filters(64, 16, 3)).Should().BeFalse("libtorch says what is wrong with the number of channels");
        PatchConvolution.Takes(input, Filters(24, 32, 3)).Should().BeFalse("less than a panel of filters");
        PatchConvolution.Takes(input, Filters(64, 32, 2)).Should().BeFalse("an even number of taps");
        PatchConvolution.Takes(Input(1, 32, 1, 3), filters).Should().BeFalse("three pixels");
        PatchConvolution.Takes(input.select(0, 0), filters).Should().BeFalse("one image without a batch");
        using var thawed = enable_grad();
        PatchConvolution.Takes(input, filters).Should().BeFalse("a gradient may be asked for");
    }

    private static Tensor Input(int images, int channels, int height, int width) => Arrays.ChannelsLast(Arrays.NoiseTensor(1, images, channels, height, width));

    private static Tensor Filters(int outputs, int inputs, int kernel) =>
        PatchConvolution.Lay(Arrays.NoiseTensor(3, outputs, inputs, kernel, kernel) / Math.Sqrt(inputs));

    private static Tensor Bias(int outputs) => Arrays.NoiseTensor(5, outputs);

    private static Tensor Wide(Tensor tensor) => tensor.to(ScalarType.Float64).contiguous();
}
