using FluentAssertions;
using Inception.Kernels;
using Inception.Operators;
using Xunit;
using static Inception.Tests.Operators.ConvolutionData;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Inception.Tests.Operators;

/// <summary>3×3 convolutions of images that lie channels last on a CPU, by Winograd's algorithm, against libtorch's in float64.</summary>
[Collection(TorchCollection.Name)]
public sealed class Conv2dTests
{
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
            foreach (var (images, height, width, inputs, outputs, reason) in shapes.Where(shape => WinogradConv2d.IsSupported(shape.Inputs) && WinogradConv2d.IsSupported(shape.Outputs)))
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
        var ours = Results(Input(images, inputs, height, width), Filters(outputs, inputs), Bias(outputs), (x, w, b) => Conv2dFunction.Convolve(x, w, b));
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

        RootMeanSquareError((x, w, b) => Conv2dFunction.Convolve(x, w, b)).Should().BeLessThan(2e-6, "a float32 has 24 bits, 6e-8");
    }

    [Fact]
    public void In_bfloat16_it_is_the_float32_one_rounded()
    {
        using var scope = NewDisposeScope();
        Tensor Narrow(Tensor tensor) => tensor.detach().to(ScalarType.BFloat16);
        var (input, filters, bias) = (Narrow(Input(3, 32, 10, 10)), Narrow(Filters(PanelAndPart, 32)), Narrow(Bias(PanelAndPart)));
        Tensor Leaf(Tensor tensor, ScalarType type) => tensor.to(type, copy: true).requires_grad_();

        Dictionary<string, float[]> In(ScalarType type) =>
            Results(Leaf(input, type), Leaf(filters, type), Leaf(bias, type), (x, w, b) => Conv2dFunction.Convolve(x, w, b));
        var (ours, wide) = (In(ScalarType.BFloat16), In(ScalarType.Float32));

        foreach (var name in ours.Keys.Except(["bias' gradient"]))
        {
            ours[name].Should().Equal(tensor(wide[name]).to(ScalarType.BFloat16).to(ScalarType.Float32).Floats(), name);
        }
    }

    [Theory]
    [InlineData(5, 21, 32, "threads share the tiles")]
    [InlineData(1, 18, 256, "of few tiles threads share the filters")]
    public void The_numbers_are_the_same_on_any_number_of_threads(int images, int size, int filters, string reason)
    {
        var outputs = filters + PanelAndPart;
        using var scope = NewDisposeScope();
        Dictionary<string, float[]> On(int count) =>
            Threads.On(count, () => Results(Input(images, PanelAndPart, size, size), Filters(outputs, PanelAndPart), Bias(outputs), (x, w, b) => Conv2dFunction.Convolve(x, w, b)));

        var alone = On(1);
        foreach (var count in new[] { 2, 3, 7 })
        {
            On(count).Should().BeEquivalentTo(alone, options => options.WithStrictOrdering(), $"{count} threads: {reason}");
        }
    }

    [Fact]
    public void The_gradients_of_a_gradient_are_those_of_libtorchs()
    {
        using var scope = NewDisposeScope();
        var ours = Penalty(Input(2, Few, 6, 6), Filters(32, Few), (x, w) => Conv2dFunction.Convolve(x, w));
        var theirs = Penalty(Wide(Input(2, Few, 6, 6)), Wide(Filters(32, Few)), (x, w) => F.conv2d(x, w, padding: [1, 1]));

        ours.Zip(theirs).Should().AllSatisfy(pair =>
            Arrays.RelativeError(pair.First, [.. pair.Second.Select(value => (double)value)]).Should().BeLessThan(2e-5));
    }

    [Fact]
    public void Gradients_of_a_bias_alone_may_be_recorded()
    {
        using var scope = NewDisposeScope();
        var bias = Bias(32);

        Conv2dFunction.Convolve(Input(2, Few, 6, 6).detach(), Filters(32, Few).detach(), bias).pow(2).sum().backward(retain_graph: true, create_graph: true);

        bias.grad!.requires_grad.Should().BeTrue();
    }

    [Fact]
    public void What_requires_no_gradient_gets_none()
    {
        using var scope = NewDisposeScope();
        var (input, filters) = (Input(2, Few, 6, 6).detach(), Filters(Few, Few));
        Conv2dFunction.Convolve(input, filters).sum().backward();
        (input.grad is null, filters.grad is null).Should().Be((true, false));

        (input, filters) = (Input(2, Few, 6, 6), filters.detach());
        Conv2dFunction.Convolve(input, filters).sum().backward();
        (input.grad is null, filters.grad is null).Should().Be((false, true));

        using var frozen = no_grad();
        Conv2dFunction.Convolve(input, filters).requires_grad.Should().BeFalse();
    }

    [Fact]
    public void ReLU_can_be_part_of_it_and_lets_numbers_that_are_none_through()
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        var (input, filters, bias) = (Input(2, Few, 9, 9), Filters(32, Few), Bias(32));
        input.select(0, 1).select(0, 3).select(0, 8).select(0, 8).fill_(float.NaN);

        var output = Conv2dFunction.Convolve(input, filters, bias, relu: true).Floats();

        output.Should().Equal(F.relu(Conv2dFunction.Convolve(input, filters, bias)).Floats());
        output.Count(float.IsNaN).Should().Be(4 * 32, "four squares of nine pixels hold the last pixel");
        output.Where(value => !float.IsNaN(value)).Should().OnlyContain(value => value >= 0);
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

    private static float[] Floats(Tensor tensor) => tensor.detach().to(ScalarType.Float32).Floats();
}
