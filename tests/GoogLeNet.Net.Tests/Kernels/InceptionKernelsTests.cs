using FluentAssertions;
using Inception.Architecture;
using Inception.Kernels;
using Inception.Tests.Torch;
using Inception.Tests.Training;
using Inception.Tests.Weights;
using Xunit;
using static TorchSharp.torch;

namespace Inception.Tests.Kernels;

/// <summary>Inception blocks of a folded network, whose branches' kernels run together, against libtorch's operators.</summary>
[Collection(TorchCollection.Name)]
public sealed class InceptionKernelsTests
{
    // Of the input: vectors of 512 bits take no fewer.
    private const int Channels = 64;

    // 3a's branches, nearly: 40 channels leave a part of a panel.
    private static readonly InceptionSpec Block = new("3a", 64, 96, 128, 32, 64, 40);

    [Theory]
    [InlineData(Branch5x5.Conv5x5, 1, 7, 7, 2, "one small image")]
    [InlineData(Branch5x5.Conv3x3, 1, 28, 28, 2, "Winograd's algorithm for both")]
    [InlineData(Branch5x5.TwoConv3x3, 3, 9, 14, 3, "a branch with a step more")]
    public void Outputs_are_libtorchs_and_kernels_that_do_not_wait_for_each_other_run_together(Branch5x5 kind, int images, int height, int width, int steps, string reason)
    {
        using var scope = NewDisposeScope();
        using var network = Folded(Block, kind);
        var (block, input) = (network.Block(), Arrays.ChannelsLast(Arrays.NoiseTensor(1, images, Channels, height, width)));
        var expected = block.call(input).detach(); // With gradients libtorch computes it.
        using var frozen = no_grad();

        foreach (var threads in new[] { 1, 2, 3 })
        {
            var (output, calls) = Threads.On(threads, () => Calls(() => block.call(input)));

            calls.Should().Be(ProductKernel.IsAccelerated ? steps : 1, $"{reason}; pooling has a kernel everywhere");
            output.permute(0, 2, 3, 1).is_contiguous().Should().BeTrue();
            output.shape.Should().Equal(images, Block.OutChannels, height, width);
            Arrays.RelativeError(output.Floats(), [.. expected.Floats().Select(value => (double)value)]).Should().BeLessThan(1e-5, $"{reason}, {threads} threads");
        }
    }

    [Theory]
    [InlineData(64, 96, 128, 32, 64, 24, "a projection that fills no panel")]
    [InlineData(24, 96, 128, 32, 64, 32, "a first branch that fills none")]
    [InlineData(64, 96, 128, 16, 24, 32, "nor do 5×5 filters")]
    [InlineData(64, 16, 128, 8, 64, 32, "nor reductions")]
    public void A_block_with_narrow_branches_is_computed_layer_by_layer(int conv1x1, int reduce3x3, int conv3x3, int reduce5x5, int conv5x5, int projection, string reason)
    {
        using var scope = NewDisposeScope();
        using var network = Folded(new InceptionSpec("3a", conv1x1, reduce3x3, conv3x3, reduce5x5, conv5x5, projection), Branch5x5.Conv5x5);
        var (block, input) = (network.Block(), Arrays.ChannelsLast(Arrays.NoiseTensor(1, 2, Channels, 8, 8)));
        var expected = block.call(input).detach();
        using var frozen = no_grad();

        var output = block.call(input);

        Arrays.RelativeError(output.Floats(), [.. expected.Floats().Select(value => (double)value)]).Should().BeLessThan(1e-5, reason);
    }

    [Fact]
    public void Convolutions_of_a_branch_wait_for_each_other()
    {
        using var scope = NewDisposeScope();
        using var network = Folded(Block, Branch5x5.TwoConv3x3);
        var block = network.Block();
        var inputs = new[] { 1, 2 }.Select(seed => Arrays.ChannelsLast(Arrays.NoiseTensor(seed, 1, Channels, 7, 7))).ToArray();
        using var frozen = no_grad();
        var expected = inputs.Select(input => block.call(input).Floats()).ToArray();

        // One input after the other, so that memory which is read too early holds the wrong one's numbers.
        Threads.On(3, () =>
        {
            for (var call = 0; call < 200; call++)
            {
                using var output = block.call(inputs[call % 2]);
                output.Floats().Should().Equal(expected[call % 2], $"call {call}");
            }

            return 0;
        });
    }

    [Fact]
    public void A_folded_block_can_be_trained_still()
    {
        using var scope = NewDisposeScope();
        using var network = Folded(Block, Branch5x5.Conv5x5);
        var (block, input) = (network.Block(), Arrays.ChannelsLast(Arrays.NoiseTensor(1, 2, Channels, 8, 8)));
        var branches = block.named_children().OrderBy(child => child.name).Select(child => (nn.Module<Tensor, Tensor>)child.module).ToArray();
        List<float[]> Gradients(Func<Tensor> compute)
        {
            block.zero_grad();
            compute().square().sum().backward();
            return [.. block.parameters().Select(parameter => parameter.grad!.Floats())];
        }

        var together = Gradients(() => block.call(input));

        foreach (var (mine, alone) in together.Zip(Gradients(() => cat([.. branches.Select(branch => branch.call(input))], dim: 1))))
        {
            Arrays.RelativeError(mine, [.. alone.Select(value => (double)value)]).Should().BeLessThan(1e-4);
        }
    }

    [Fact]
    public void Images_that_do_not_lie_channels_last_are_taken_too()
    {
        using var scope = NewDisposeScope();
        using var network = Folded(Block, Branch5x5.Conv5x5);
        var (block, input) = (network.Block(), Arrays.NoiseTensor(1, 2, Channels, 8, 8));
        using var frozen = no_grad();

        var output = block.call(input);

        Arrays.RelativeError(output.Floats(), [.. block.call(Arrays.ChannelsLast(input)).Floats().Select(value => (double)value)]).Should().BeLessThan(1e-5);
    }

    [Fact]
    public void Nothing_is_left_behind()
    {
        using var network = Folded(Block, Branch5x5.TwoConv3x3);
        using var input = Arrays.ChannelsLast(ones(1, Channels, 8, 8));
        using var frozen = no_grad();
        int Left() => Threads.On(2, () =>
        {
            network.Block().call(input).Dispose();
            LiveTensors.Settle();
            return (int)Tensor.TotalCount;
        });

        var before = Left();

        Left().Should().Be(before);
    }

    private static GoogLeNet Folded(InceptionSpec block, Branch5x5 kind)
    {
        var spec = Tiny.Spec() with { Layers = [new ConvolutionSpec("conv1", Channels, 3), block], Auxiliaries = [] };
        using var network = GoogLeNet.Create(3, spec with { Blocks = spec.Blocks with { Branch5x5 = kind } }, seed: 5).WithTrainedNorms();
        return network.FoldBatchNorm();
    }

    private static (Tensor Output, int Calls) Calls(Func<Tensor> compute)
    {
        Tensor? output = null;
        var calls = KernelCalls.During(() => output = compute());
        return (output!, calls);
    }
}

file static class Networks
{
    public static nn.Module<Tensor, Tensor> Block(this GoogLeNet network) => (nn.Module<Tensor, Tensor>)network.named_modules().Single(named => named.name == "inception3a").module;
}
