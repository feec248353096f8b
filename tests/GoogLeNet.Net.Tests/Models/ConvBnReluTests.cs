using FluentAssertions;
using Xunit;
using static TorchSharp.torch;

namespace Inception.Tests.Models;

[Collection(TorchCollection.Name)]
public sealed class ConvBnReluTests
{
    [Theory]
    [InlineData(PaddingRule.Symmetric)]
    [InlineData(PaddingRule.Same)]
    public void The_first_convolution_pads_by_the_rule(PaddingRule rule)
    {
        // With weights of 1 a convolution counts the pixels in its window; same padding sees one column fewer on the left.
        using var scope = NewDisposeScope();
        using var block = new ConvBnRelu(1, 1, kernel: 7, new BlockOptions { Padding = rule }, stride: 2);
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
}
