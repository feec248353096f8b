using FluentAssertions;
using Inception.Architecture;
using Inception.Tests.Torch;
using Xunit;
using static TorchSharp.torch;

namespace Inception.Tests.Model;

[Collection(TorchCollection.Name)]
public sealed class MergedConvolutionsTests
{
    [Theory]
    [InlineData(Normalization.None, true, "biases are joined")]
    [InlineData(Normalization.BatchNorm, true, "statistics of the batch, and running statistics in each block")]
    [InlineData(Normalization.BatchNorm, false, "running statistics of each block")]
    public void One_convolution_gives_the_numbers_of_three(Normalization normalization, bool training, string reason)
    {
        using var scope = NewDisposeScope();
        var options = new BlockOptions { Normalization = normalization };
        var spec = new InceptionSpec("3a", 5, 4, 6, 3, 7, 2);
        using var merged = new InceptionModule(spec, 8, options, seed: 3);
        using var separate = new InceptionModule(spec, 8, options, seed: 3);
        if (!training)
        {
            Forward(merged, merge: true);
            Forward(separate, merge: false);
        }

        merged.train(training);
        separate.train(training);
        var outputs = new[] { Forward(merged, merge: true), Forward(separate, merge: false) };

        Arrays.RelativeError(outputs[0].Floats(), [.. outputs[1].Floats()]).Should().BeLessThan(1e-6, reason);
        foreach (var ((key, one), (_, three)) in merged.named_buffers().Zip(separate.named_buffers()))
        {
            Arrays.RelativeError(one.to(ScalarType.Float32).Floats(), [.. three.to(ScalarType.Float32).Floats()]).Should().BeLessThan(1e-6, key);
        }

        foreach (var output in outputs)
        {
            (output * output).sum().backward();
        }

        foreach (var ((key, one), (_, three)) in merged.named_parameters().Zip(separate.named_parameters()))
        {
            Arrays.RelativeError(one.grad!.Floats(), [.. three.grad!.Floats()]).Should().BeLessThan(1e-5, key);
        }
    }

    [Fact]
    public void A_forward_pass_leaves_nothing_behind()
    {
        using var block = new InceptionModule(new InceptionSpec("3a", 5, 4, 6, 3, 7, 2), 8, new BlockOptions { Normalization = Normalization.BatchNorm });
        using var images = ones(2, 8, 5, 5);
        using var frozen = no_grad();
        block.call(images).Dispose();
        LiveTensors.Settle();
        var before = Tensor.TotalCount;
        block.call(images).Dispose();
        Tensor.TotalCount.Should().Be(before);
    }

    [Fact]
    public void Blocks_that_share_their_weights_are_computed_with_them()
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        ConvolutionBlock[] blocks = [.. Enumerable.Range(0, 3).Select(_ => new ConvolutionBlock(8, 32, kernel: 1, new BlockOptions()))];
        foreach (var (i, block) in blocks.Index())
        {
            block.Conv.weight.copy_(Arrays.NoiseTensor(i, 32, 8, 1, 1));
            block.Conv.bias!.copy_(Arrays.NoiseTensor(i, 32));
        }

        var merged = new MergedConvolutions(blocks);
        merged.LayTogether();
        blocks[2].Conv.weight.set_(blocks[0].Conv.weight);
        var input = Arrays.ChannelsLast(Arrays.NoiseTensor(1, 2, 8, 4, 4));

        foreach (var (output, block) in merged.Call(input).Zip(blocks))
        {
            Arrays.RelativeError(output.Floats(), [.. block.call(input).Floats().Select(value => (double)value)]).Should().BeLessThan(1e-5);
        }

        merged.Release();
    }

    [Fact]
    public void Weights_laid_out_for_inference_are_two_tensors_more_and_go_with_the_block()
    {
        var block = new InceptionModule(new InceptionSpec("3a", 5, 4, 6, 3, 7, 2), 8);
        LiveTensors.Settle();
        var before = Tensor.TotalCount;
        var parameters = block.parameters().Count();

        block.LayReadersTogether();
        Tensor.TotalCount.Should().Be(before + 2);
        block.Dispose();

        Tensor.TotalCount.Should().Be(before - parameters);
    }

    // Fixed images, through the block or through its four branches one by one.
    private static Tensor Forward(InceptionModule block, bool merge)
    {
        var images = tensor(Enumerable.Range(0, 2 * 8 * 5 * 5).Select(i => MathF.Sin(0.37f * i) * 2).ToArray(), [2, 8, 5, 5]);
        return merge
            ? block.call(images)
            : cat(block.named_children().Select(child => ((nn.Module<Tensor, Tensor>)child.module).call(images)).ToArray(), 1);
    }
}
