using FluentAssertions;
using Xunit;
using static TorchSharp.torch;

namespace Inception.Tests.Models;

/// <summary>Figure 2(b) of the paper, recomputed with loops from the block's own weights.</summary>
[Collection(TorchCollection.Name)]
public sealed class InceptionModuleTests
{
    private static readonly InceptionSpec Widths = new("3a", Conv1x1: 3, Reduce3x3: 4, Conv3x3: 5, Reduce5x5: 2, Conv5x5: 6, PoolProjection: 7);

    public static TheoryData<BlockOptions, int, int> Cases => new()
    {
        { new(), 6, 5 },
        { new() { Padding = PaddingRule.Same }, 5, 6 },
        { new() { Branch5x5 = Branch5x5.Conv3x3 }, 4, 7 },
        { new() { Branch5x5 = Branch5x5.TwoConv3x3 }, 6, 6 },
        { new() { Normalization = Normalization.BatchNorm }, 6, 5 },
        { new() { Normalization = Normalization.BatchNorm, Branch5x5 = Branch5x5.TwoConv3x3, BatchNormEpsilon = 0.1 }, 1, 1 },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void The_block_is_four_branches_concatenated_in_the_papers_order(BlockOptions options, int height, int width)
    {
        using var scope = NewDisposeScope();
        using var block = new InceptionModule(Widths, inChannels: 4, options, seed: 3);
        block.eval();
        var state = Disturb(block);
        var input = Arrays.NoiseTensor(1, 2, 4, height, width);
        var x = input.Grid();

        // The pooling of a block always has stride 1 and padding 1.
        var pooled = Naive.MaxPool(x, 3, 1, height, width, 1, 1);
        var expected = Naive.Concatenate(
            Through(x, state, options, "branch1"),
            Through(x, state, options, "branch2.0", "branch2.1"),
            Through(x, state, options, options.Branch5x5 == Branch5x5.TwoConv3x3
                ? ["branch3.0", "branch3.1", "branch3.2"]
                : ["branch3.0", "branch3.1"]),
            Through(pooled, state, options, "branch4.1"));
        var output = block.call(input);

        output.shape.Should().Equal(2, 21, height, width);
        block.OutChannels.Should().Be(21);
        Arrays.RelativeError(output.Floats(), expected.Flat()).Should().BeLessThan(1e-5);
    }

    [Fact]
    public void The_third_branch_has_the_kernels_that_the_options_say()
    {
        long[] Kernels(Branch5x5 branch)
        {
            using var block = new InceptionModule(Widths, 4, new BlockOptions { Branch5x5 = branch });
            return [.. block.named_parameters().Where(p => p.name.StartsWith("branch3.") && p.name.EndsWith("weight")).Select(p => p.parameter.shape[3])];
        }

        Kernels(Branch5x5.Conv5x5).Should().Equal(1, 5);
        Kernels(Branch5x5.Conv3x3).Should().Equal(1, 3);
        Kernels(Branch5x5.TwoConv3x3).Should().Equal(1, 3, 3);
    }

    [Fact]
    public void Too_few_input_channels_are_refused() =>
        FluentActions.Invoking(() => new InceptionModule(Widths, 0)).Should().Throw<ArgumentOutOfRangeException>().WithParameterName("inChannels");

    [Fact]
    public void Impossible_widths_are_refused() =>
        FluentActions.Invoking(() => new InceptionModule(Widths with { Reduce5x5 = 0 }, 4)).Should().Throw<ArgumentException>()
            .WithMessage("3a.Reduce5x5 is 0; it must be at least 1.");

    private static double[,,,] Through(double[,,,] x, Dictionary<string, Tensor> state, BlockOptions options, params string[] keys) =>
        keys.Aggregate(x, (input, key) => Convolution(input, state, options, key));

    internal static double[,,,] Convolution(double[,,,] x, Dictionary<string, Tensor> state, BlockOptions options, string key)
    {
        double[] Vector(string name) => [.. state[$"{key}.{name}"].Floats().Select(value => (double)value)];
        var weight = state[$"{key}.conv.weight"].Grid();
        var pad = weight.GetLength(2) / 2;
        if (options.Normalization == Normalization.None)
        {
            return Naive.Relu(Naive.Convolve(x, weight, Vector("conv.bias"), 1, pad, pad, pad, pad));
        }

        var y = Naive.Convolve(x, weight, null, 1, pad, pad, pad, pad);
        return Naive.Relu(Naive.BatchNorm(
            y, Vector("bn.running_mean"), Vector("bn.running_var"), Vector("bn.weight"), Vector("bn.bias"), options.BatchNormEpsilon));
    }

    /// <summary>Moves every vector (biases and batch statistics) off its initial value, so that ignoring one of them shows.</summary>
    internal static Dictionary<string, Tensor> Disturb(nn.Module module)
    {
        using var frozen = no_grad();
        var state = module.named_parameters().Select(p => (p.name, (Tensor)p.parameter)).Concat(module.named_buffers())
            .ToDictionary(entry => entry.Item1, entry => entry.Item2);
        var seed = 100;
        foreach (var (name, value) in state)
        {
            if (value.dtype == ScalarType.Float32 && value.shape.Length == 1)
            {
                var noise = Arrays.Noise((int)value.numel(), seed++);
                value.copy_(tensor(name.EndsWith("running_var") || name.EndsWith("bn.weight") ? [.. noise.Select(v => v + 1.5f)] : noise));
            }
        }

        return state;
    }
}
