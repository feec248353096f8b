using FluentAssertions;
using Inception.Kernels;
using Xunit;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Inception.Tests.Kernels;

/// <summary>3×3 convolutions of images that lie channels last on a CPU, by Winograd's algorithm, against libtorch's in float64.</summary>
[Collection(TorchCollection.Name)]
public sealed class ConvolutionKernelTests
{
    // Half a panel of filters more than one, if vectors are of 256 bits; as many as there may be.
    private static readonly int PanelAndPart = ProductKernel.Columns + WinogradTiles.Block;

    // As few channels as there may be: 16 if vectors are of 256 bits.
    private static readonly int Few = WinogradTiles.Block;

    public static TheoryData<int, int, int, int, int, string> Shapes
    {
        get
        {
            (int Images, int Height, int Width, int Inputs, int Outputs, string Reason)[] shapes =
            [
                (2, 8, 8, 16, 16, "whole tiles"),
                (3, 7, 5, 32, 48, "tiles that reach beyond the images, and half a panel of filters"),
                (2, 7, 5, 64, 96, "whole panels, which vectors of any width fill"),
                (1, 1, 1, 16, 16, "one pixel"),
                (5, 3, 3, 64, 32, "images smaller than a tile"),
                (2, 13, 9, 48, 208, "seven panels of filters, the last one half"),
                (4, 28, 28, 96, 64, "several parts of tiles on each thread"),
                (1, 12, 300, 16, 32, "wide images"),
                (2, 6, 6, 24, 56, "channels that fill vectors but for a remainder"),
                (2, 6, 6, 84, 20, "another remainder"),
            ];
            var suitable = new TheoryData<int, int, int, int, int, string>();
            foreach (var (images, height, width, inputs, outputs, reason) in shapes.Where(shape => ConvolutionKernel.Suits(shape.Inputs) && ConvolutionKernel.Suits(shape.Outputs)))
            {
                suitable.Add(images, height, width, inputs, outputs, reason);
            }

            return suitable;
        }
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Values_and_gradients_are_libtorchs(int images, int height, int width, int inputs, int outputs, string reason)
    {
        using var scope = NewDisposeScope();
        var ours = Results(Input(images, inputs, height, width), Filters(outputs, inputs), Bias(outputs), (x, w, b) => ConvolutionFunction.Convolve(x, w, b));
        var theirs = Results(
            Wide(Input(images, inputs, height, width)), Wide(Filters(outputs, inputs)), Wide(Bias(outputs)), (x, w, b) => F.conv2d(x, w, b, padding: [1, 1]));

        foreach (var (name, expected) in theirs)
        {
            Arrays.RelativeError(ours[name], [.. expected.Select(value => (double)value)]).Should().BeLessThan(1e-5, $"{name}, {reason}");
        }
    }

    [Fact]
    public void The_error_is_of_the_size_of_float32s_own()
    {
        using var scope = NewDisposeScope();
        var (input, filters, none) = (Input(4, 192, 16, 16), Filters(64, 192), Bias(64) * 0);
        double RootMeanSquareError(Func<Tensor, Tensor, Tensor, Tensor> convolution)
        {
            var expected = F.conv2d(Wide(input), Wide(filters), padding: [1, 1]);
            var error = convolution(input, filters, none).to(ScalarType.Float64) - expected;
            return Math.Sqrt(error.pow(2).mean().item<double>() / expected.pow(2).mean().item<double>());
        }

        RootMeanSquareError((x, w, b) => ConvolutionFunction.Convolve(x, w, b)).Should().BeLessThan(2e-6, "a float32 has 24 bits, 6e-8");
    }

    [Fact]
    public void Some_channels_of_images_and_of_a_concatenations_gradient_are_read_where_they_lie()
    {
        using var scope = NewDisposeScope();
        List<float[]> Gradients(Func<Tensor, Tensor> part, Func<Tensor, Tensor> outputs)
        {
            var (all, filters) = (Input(3, 64, 6, 6), Filters(32, 32));
            var output = ConvolutionFunction.Convolve(part(all.narrow(1, 16, 32)), filters);
            var weights = Arrays.NoiseTensor(4, 3, 64, 6, 6);
            cat([Arrays.ChannelsLast(all.detach().narrow(1, 0, 32)), outputs(output)], 1).mul(weights).sum().backward();
            return [output.Floats(), all.grad!.Floats(), filters.grad!.Floats()];
        }

        var ours = Gradients(part => part, output => output);
        var dense = Gradients(part => Arrays.ChannelsLast(part), output => output.mul(1));

        ours.Zip(dense).Should().AllSatisfy(pair => pair.First.Should().Equal(pair.Second));
    }

    [Fact]
    public void Outputs_go_into_some_channels_of_images_and_nowhere_else()
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        var (input, filters, bias) = (Input(3, 32, 7, 10), Filters(PanelAndPart, 32), Bias(PanelAndPart));
        var whole = Arrays.ChannelsLast(full([3, PanelAndPart + 20, 7, 10], 7f));
        var part = whole.narrow(1, 8, PanelAndPart);

        var (transform, convolve) = ConvolutionFunction.Calls(input, filters, bias, relu: true, part);
        Ranges.Run(transform);
        Ranges.Run(convolve);

        part.Floats().Should().Equal(ConvolutionFunction.Convolve(input, filters, bias, relu: true).Floats());
        cat([whole.narrow(1, 0, 8), whole.narrow(1, 8 + PanelAndPart, 12)], 1).Floats().Should().OnlyContain(number => number == 7);
    }

    [Fact]
    public void Gradients_that_do_not_lie_channels_last_are_taken_too()
    {
        using var scope = NewDisposeScope();
        float[] Gradient(Func<Tensor, Tensor> sum)
        {
            var input = Input(2, Few, 5, 5);
            sum(ConvolutionFunction.Convolve(input, Filters(32, Few))).backward();
            return input.grad!.Floats();
        }

        Gradient(output => output.sum()).Should().Equal(Gradient(output => output.mul(ones_like(output)).sum()), "a sum's gradient is one number for all");
    }

    [Fact]
    public void Filters_may_lie_channels_last_and_so_does_their_gradient_then()
    {
        using var scope = NewDisposeScope();
        var (plain, last) = (Filters(32, PanelAndPart), Arrays.ChannelsLast(Filters(32, PanelAndPart).detach()).requires_grad_());
        var input = Input(2, PanelAndPart, 9, 9);

        var (first, second) = (ConvolutionFunction.Convolve(input, plain), ConvolutionFunction.Convolve(input, last));
        first.pow(2).sum().backward();
        second.pow(2).sum().backward();

        second.Floats().Should().Equal(first.Floats());
        last.grad!.Floats().Should().Equal(plain.grad!.Floats());
        (plain.grad!.is_contiguous(), last.grad!.permute(0, 2, 3, 1).is_contiguous()).Should().Be((true, true));
    }

    [Fact]
    public void In_bfloat16_it_is_the_float32_one_rounded()
    {
        using var scope = NewDisposeScope();
        Tensor Narrow(Tensor tensor) => tensor.detach().to(ScalarType.BFloat16);
        var (input, filters, bias) = (Narrow(Input(3, 32, 10, 10)), Narrow(Filters(PanelAndPart, 32)), Narrow(Bias(PanelAndPart)));
        Tensor Leaf(Tensor tensor, ScalarType type) => tensor.to(type, copy: true).requires_grad_();

        Dictionary<string, float[]> In(ScalarType type) =>
            Results(Leaf(input, type), Leaf(filters, type), Leaf(bias, type), (x, w, b) => ConvolutionFunction.Convolve(x, w, b));
        var (ours, wide) = (In(ScalarType.BFloat16), In(ScalarType.Float32));

        foreach (var name in ours.Keys.Except(["bias' gradient"]))
        {
            ours[name].Should().Equal(tensor(wide[name]).to(ScalarType.BFloat16).to(ScalarType.Float32).Floats(), name);
        }
    }

    [Fact]
    public void The_numbers_are_the_same_on_any_number_of_threads()
    {
        using var scope = NewDisposeScope();
        Dictionary<string, float[]> On(int count) =>
            Threads.On(count, () => Results(Input(5, PanelAndPart, 21, 21), Filters(32 + PanelAndPart, PanelAndPart), Bias(32 + PanelAndPart), (x, w, b) => ConvolutionFunction.Convolve(x, w, b)));

        var alone = On(1);
        foreach (var count in new[] { 2, 3, 7 })
        {
            On(count).Should().BeEquivalentTo(alone, options => options.WithStrictOrdering(), $"{count} threads");
        }
    }

    [Fact]
    public void The_gradients_of_a_gradient_are_those_of_libtorchs()
    {
        using var scope = NewDisposeScope();
        var ours = Penalty(Input(2, Few, 6, 6), Filters(32, Few), (x, w) => ConvolutionFunction.Convolve(x, w));
        var theirs = Penalty(Wide(Input(2, Few, 6, 6)), Wide(Filters(32, Few)), (x, w) => F.conv2d(x, w, padding: [1, 1]));

        ours.Zip(theirs).Should().AllSatisfy(pair =>
            Arrays.RelativeError(pair.First, [.. pair.Second.Select(value => (double)value)]).Should().BeLessThan(2e-5));
    }

    [Fact]
    public void What_requires_no_gradient_gets_none()
    {
        using var scope = NewDisposeScope();
        var (input, filters) = (Input(2, Few, 6, 6).detach(), Filters(Few, Few));
        ConvolutionFunction.Convolve(input, filters).sum().backward();
        (input.grad is null, filters.grad is null).Should().Be((true, false));

        (input, filters) = (Input(2, Few, 6, 6), filters.detach());
        ConvolutionFunction.Convolve(input, filters).sum().backward();
        (input.grad is null, filters.grad is null).Should().Be((false, true));

        using var frozen = no_grad();
        ConvolutionFunction.Convolve(input, filters).requires_grad.Should().BeFalse();
    }

    [Fact]
    public void ReLU_can_be_part_of_it_and_lets_numbers_that_are_none_through()
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        var (input, filters, bias) = (Input(2, Few, 9, 9), Filters(32, Few), Bias(32));
        input.select(0, 1).select(0, 3).select(0, 8).select(0, 8).fill_(float.NaN);

        var output = ConvolutionFunction.Convolve(input, filters, bias, relu: true).Floats();

        output.Should().Equal(F.relu(ConvolutionFunction.Convolve(input, filters, bias)).Floats());
        output.Count(float.IsNaN).Should().Be(4 * 32, "four squares of nine pixels hold the last pixel");
        output.Where(value => !float.IsNaN(value)).Should().OnlyContain(value => value >= 0);
    }

    [Fact]
    public void Other_layers_and_inputs_are_left_to_libtorch()
    {
        using var scope = NewDisposeScope();
        var layer = nn.Conv2d(32, 64, 3, padding: 1);
        var input = Input(8, 32, 16, 16);

        ConvolutionFunction.Takes(input, layer).Should().Be(ProductKernel.IsAccelerated);
        ConvolutionFunction.Takes(Input(8, 64, 16, 16).narrow(1, 16, 32), layer).Should().Be(ProductKernel.IsAccelerated, "some channels of images that lie channels last");
        ConvolutionFunction.Takes(input.contiguous(), layer).Should().BeFalse("channels do not lie last");
        ConvolutionFunction.Takes(input.to(ScalarType.BFloat16), layer).Should().BeFalse("the filters are of another type");
        ConvolutionFunction.Takes(Input(8, 18, 16, 16), nn.Conv2d(18, 64, 3, padding: 1)).Should().BeFalse("channels no multiple of four");
        ConvolutionFunction.Takes(input, nn.Conv2d(64, 64, 3, padding: 1)).Should().BeFalse("libtorch says what is wrong with the number of channels");
        ConvolutionFunction.Takes(input.select(0, 0), layer).Should().BeFalse("one image without a batch");
        ConvolutionFunction.Takes(input, nn.Conv2d(32, 36, 3, padding: 1)).Should().BeFalse("four filters in the last panel");
        ConvolutionFunction.Takes(Input(1, 32, 7, 7), layer).Should().BeFalse("filters would be transformed for four tiles");
    }

    private static Dictionary<string, float[]> Results(Tensor input, Tensor filters, Tensor bias, Func<Tensor, Tensor, Tensor, Tensor> convolution)
    {
        var output = convolution(input, filters, bias);
        output.backward([Arrays.ChannelsLast(Arrays.NoiseTensor(2, output.shape).to(ScalarType.BFloat16).to(output.dtype))]);
        return new()
        {
            ["output"] = Floats(output),
            ["input's gradient"] = Floats(input.grad!),
            ["filters' gradient"] = Floats(filters.grad!),
            ["bias' gradient"] = Floats(bias.grad!),
        };
    }

    // The gradients of the sum of squares of the gradients of the sum of cubes.
    private static List<float[]> Penalty(Tensor input, Tensor filters, Func<Tensor, Tensor, Tensor> convolution)
    {
        convolution(input, filters).pow(3).sum().backward(retain_graph: true, create_graph: true);
        var (ofInput, ofFilters) = (input.grad!, filters.grad!);
        (input.grad, filters.grad) = (null, null);
        (ofInput.pow(2).sum() + ofFilters.pow(2).sum()).backward();
        return [Floats(input.grad!), Floats(filters.grad!)];
    }

    private static Tensor Input(int images, int channels, int height, int width) =>
        Arrays.ChannelsLast(Arrays.NoiseTensor(1, images, channels, height, width)).requires_grad_();

    private static Tensor Filters(int outputs, int inputs) => (Arrays.NoiseTensor(3, outputs, inputs, 3, 3) / Math.Sqrt(inputs)).requires_grad_();

    private static Tensor Bias(int outputs) => Arrays.NoiseTensor(5, outputs).requires_grad_();

    private static Tensor Wide(Tensor tensor) => tensor.detach().to(ScalarType.Float64).contiguous().requires_grad_();

    private static float[] Floats(Tensor tensor) => tensor.detach().to(ScalarType.Float32).Floats();
}
