using FluentAssertions;
using Inception.Kernels;
using Inception.Operators;
using Xunit;
using static Inception.Tests.Operators.ConvolutionData;
using static TorchSharp.torch;

namespace Inception.Tests.Operators;

/// <summary>Where what the kernel of 3×3 convolutions reads and writes may lie, and what is left to libtorch.</summary>
[Collection(TorchCollection.Name)]
public sealed class Conv2dLayoutTests
{
    [Fact]
    public void Some_channels_of_images_and_of_a_concatenations_gradient_are_read_where_they_lie()
    {
        using var scope = NewDisposeScope();
        List<float[]> Gradients(Func<Tensor, Tensor> part, Func<Tensor, Tensor> outputs)
        {
            var (all, filters) = (Input(3, 64, 6, 6), Filters(32, 32));
            var output = Conv2dFunction.Convolve(part(all.narrow(1, 16, 32)), filters);
            var weights = Arrays.NoiseTensor(4, 3, 64, 6, 6);
            cat([Arrays.ChannelsLast(all.detach().narrow(1, 0, 32)), outputs(output)], 1).mul(weights).sum().backward();
            return [output.Floats(), all.grad!.Floats(), filters.grad!.Floats()];
        }

        var ours = Gradients(part => part, output => output);
        var dense = Gradients(part => Arrays.ChannelsLast(part), output => output.mul(1));

        ours.Zip(dense).Should().AllSatisfy(pair => pair.First.Should().Equal(pair.Second));
    }

    [Fact]
    public void Gradients_that_do_not_lie_channels_last_are_taken_too()
    {
        using var scope = NewDisposeScope();
        float[] Gradient(Func<Tensor, Tensor> sum)
        {
            var input = Input(2, Few, 5, 5);
            sum(Conv2dFunction.Convolve(input, Filters(32, Few))).backward();
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

        var (first, second) = (Conv2dFunction.Convolve(input, plain), Conv2dFunction.Convolve(input, last));
        first.pow(2).sum().backward();
        second.pow(2).sum().backward();

        second.Floats().Should().Equal(first.Floats());
        last.grad!.Floats().Should().Equal(plain.grad!.Floats());
        (plain.grad!.is_contiguous(), last.grad!.permute(0, 2, 3, 1).is_contiguous()).Should().Be((true, true));
    }

    [Fact]
    public void Other_layers_and_inputs_are_left_to_libtorch()
    {
        using var scope = NewDisposeScope();
        var layer = nn.Conv2d(32, 64, 3, padding: 1).weight;
        var input = Input(8, 32, 16, 16);

        Conv2dFunction.IsSupported(input, layer).Should().Be(CpuFeatures.HasFusedMultiplyAdd);
        Conv2dFunction.IsSupported(Input(8, 64, 16, 16).narrow(1, 16, 32), layer).Should().Be(CpuFeatures.HasFusedMultiplyAdd, "some channels of images that lie channels last");
        Conv2dFunction.IsSupported(input.contiguous(), layer).Should().BeFalse("channels do not lie last");
        Conv2dFunction.IsSupported(input.to(ScalarType.BFloat16), layer).Should().BeFalse("the filters are of another type");
        Conv2dFunction.IsSupported(Input(8, 18, 16, 16), nn.Conv2d(18, 64, 3, padding: 1).weight).Should().BeFalse("channels no multiple of four");
        Conv2dFunction.IsSupported(input, nn.Conv2d(64, 64, 3, padding: 1).weight).Should().BeFalse("libtorch says what is wrong with the number of channels");
        Conv2dFunction.IsSupported(input.select(0, 0), layer).Should().BeFalse("one image without a batch");
        Conv2dFunction.IsSupported(input, nn.Conv2d(32, 36, 3, padding: 1).weight).Should().BeFalse("four filters in the last panel");
        Conv2dFunction.IsSupported(Input(1, 32, 7, 7), layer).Should().BeFalse("filters would be transformed for four tiles");
    }
}
