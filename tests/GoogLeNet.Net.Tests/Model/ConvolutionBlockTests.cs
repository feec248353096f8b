using FluentAssertions;
using Inception.Architecture;
using Xunit;
using static TorchSharp.torch;

namespace Inception.Tests.Model;

[Collection(TorchCollection.Name)]
public sealed class ConvolutionBlockTests
{
    [Theory]
    [InlineData(PaddingRule.Symmetric)]
    [InlineData(PaddingRule.Same)]
    public void The_first_convolution_pads_by_the_rule(PaddingRule rule)
    {
        // With weights of 1 a convolution counts the pixels in its window; same padding sees one column fewer on the left.
        using var scope = NewDisposeScope();
        using var block = new ConvolutionBlock(1, 1, kernel: 7, new BlockOptions { Padding = rule }, stride: 2);
        using var frozen = no_grad();
        foreach (var (name, parameter) in block.named_parameters())
        {
            parameter.fill_(name.EndsWith("weight") ? 1 : 0);
        }

        var counts = block.call(ones(1, 1, 14, 14)).Floats();

        var first = rule == PaddingRule.Same ? 5 : 4; // 7 − 2 or 7 − 3 pixels inside
        var last = rule == PaddingRule.Same ? 4 : 5;  // the other way round at the end
        counts[0].Should().Be(first * first);
        counts[^1].Should().Be(last * last);
        counts.Should().HaveCount(49);
    }

    [Theory]
    [InlineData(Normalization.None)]
    [InlineData(Normalization.BatchNorm)]
    public void ReLU_behind_the_pooling_gives_the_same_values_and_gradients(Normalization normalization)
    {
        using var scope = NewDisposeScope();
        using var block = new ConvolutionBlock(3, 8, kernel: 3, new BlockOptions { Normalization = normalization });
        using var pooling = new MaxPooling(kernel: 2, stride: 2, PoolingRule.Ceil);
        manual_seed(0);
        var images = randn(2, 3, 14, 14);
        var weights = randn(2, 8, 7, 7);
        (Tensor Output, Tensor Gradient) Run(bool behind)
        {
            block.LeavesRelu = pooling.TakesRelu = behind;
            block.Conv.weight.grad = null;
            var output = pooling.call(block.call(images));
            (output * weights).sum().backward();
            return (output.detach(), block.Conv.weight.grad!);
        }

        var (paper, ours) = (Run(behind: false), Run(behind: true));

        ours.Output.Floats().Should().Equal(paper.Output.Floats()).And.Contain(0);
        ours.Gradient.Floats().Should().Equal(paper.Gradient.Floats());
    }
}
