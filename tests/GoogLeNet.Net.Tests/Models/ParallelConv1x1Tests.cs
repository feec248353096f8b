using FluentAssertions;
using Inception.Tests.Torch;
using TorchSharp.Modules;
using Xunit;
using static TorchSharp.torch;

namespace Inception.Tests.Models;

[Collection(TorchCollection.Name)]
public sealed class ParallelConv1x1Tests
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
    public void A_branch_whose_norm_is_frozen_keeps_its_running_statistics()
    {
        using var scope = NewDisposeScope();
        var options = new BlockOptions { Normalization = Normalization.BatchNorm };
        InceptionModule[] blocks = [.. Enumerable.Range(0, 2).Select(_ => new InceptionModule(new InceptionSpec("3a", 5, 4, 6, 3, 7, 2), 8, options, seed: 3))];
        foreach (var block in blocks)
        {
            block.train();
            block.modules().OfType<BatchNorm2d>().First().eval();
        }

        var (merged, separate) = (Forward(blocks[0], merge: true), Forward(blocks[1], merge: false));

        Arrays.RelativeError(merged.Floats(), [.. separate.Floats()]).Should().BeLessThan(1e-6);
        blocks[0].modules().OfType<BatchNorm2d>().First().running_mean!.Floats().Should().OnlyContain(mean => mean == 0);
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

    // Fixed images, through the block or through its four branches one by one.
    private static Tensor Forward(InceptionModule block, bool merge)
    {
        var images = tensor(Enumerable.Range(0, 2 * 8 * 5 * 5).Select(i => MathF.Sin(0.37f * i) * 2).ToArray(), [2, 8, 5, 5]);
        return merge
            ? block.call(images)
            : cat(block.named_children().Select(child => ((nn.Module<Tensor, Tensor>)child.module).call(images)).ToArray(), 1);
    }
}
