using FluentAssertions;
using Xunit;

namespace Inception.Tests.Specs;

/// <summary>Table 1 of Szegedy et al. (arXiv:1409.4842) and section 1 of REFERENCES.md.</summary>
public sealed class Table1Tests
{
    private static readonly string[] FullWidthPresets = ["paper", "tutorial", "torchvision", "cifar"];

    public static TheoryData<string, int, int[], int> Rows => new()
    {
        // block, in, [1×1, 3×3 reduce, 3×3, 5×5 reduce, 5×5, pool proj], out
        { "3a", 192, [64, 96, 128, 16, 32, 32], 256 },
        { "3b", 256, [128, 128, 192, 32, 96, 64], 480 },
        { "4a", 480, [192, 96, 208, 16, 48, 64], 512 },
        { "4b", 512, [160, 112, 224, 24, 64, 64], 512 },
        { "4c", 512, [128, 128, 256, 24, 64, 64], 512 },
        { "4d", 512, [112, 144, 288, 32, 64, 64], 528 },
        { "4e", 528, [256, 160, 320, 32, 128, 128], 832 },
        { "5a", 832, [256, 160, 320, 32, 128, 128], 832 },
        { "5b", 832, [384, 192, 384, 48, 128, 128], 1024 },
    };

    [Theory]
    [MemberData(nameof(Rows))]
    public void Each_block_has_the_papers_channels(string name, int inChannels, int[] widths, int outChannels)
    {
        foreach (var preset in FullWidthPresets)
        {
            var spec = GoogLeNetSpec.FromName(preset);
            var channels = spec.InputChannels;
            foreach (var layer in spec.Layers.TakeWhile(layer => layer.Name != name))
            {
                channels = GoogLeNetSpec.OutputChannels(layer, channels);
            }

            var block = spec.Layers.OfType<InceptionSpec>().Single(layer => layer.Name == name);
            channels.Should().Be(inChannels, preset);
            new[] { block.Conv1x1, block.Reduce3x3, block.Conv3x3, block.Reduce5x5, block.Conv5x5, block.PoolProjection }.Should().Equal(widths);
            block.OutChannels.Should().Be(outChannels, preset);
        }
    }

    [Theory]
    [InlineData("paper", "Caffe: poolings round up, 224 → 112 → 56 → 28 → 14 → 7")]
    [InlineData("tutorial", "TensorFlow's same: every stride 2 halves")]
    [InlineData("torchvision", "poolings round up; the last has windows of 2×2")]
    public void Feature_maps_have_the_papers_sizes(string preset, string reason)
    {
        var spec = GoogLeNetSpec.FromName(preset);
        var size = 224;
        var sizes = spec.Layers.ToDictionary(layer => layer.Name, layer => size = spec.OutputSize(layer, size));

        foreach (var (layer, expected) in new[] { ("conv1", 112), ("maxpool1", 56), ("maxpool2", 28), ("3b", 28), ("4a", 14), ("4e", 14), ("5b", 7) })
        {
            sizes[layer].Should().Be(expected, $"{reason} ({layer})");
        }
    }

    [Theory]
    [InlineData("cifar", 32, "no stride and no pooling")]
    [InlineData("cifar-small", 8, "two poolings")]
    [InlineData("cifar-fast", 8, "a whitening with stride 2 and one pooling")]
    public void Before_the_first_block_images_of_32x32_are_as_large_as_docs_variants_says(string preset, int size, string reason)
    {
        var spec = GoogLeNetSpec.FromName(preset);

        spec.Layers.TakeWhile(layer => layer.Name != "3a").Aggregate(32, (before, layer) => spec.OutputSize(layer, before)).Should().Be(size, reason);
    }

    [Theory]
    [InlineData("paper")]
    [InlineData("tutorial")]
    [InlineData("torchvision")]
    [InlineData("cifar")]
    [InlineData("cifar-small")]
    [InlineData("cifar-fast")]
    public void Presets_have_two_heads_of_weight_0_3_after_4a_and_4d(string preset)
    {
        var spec = GoogLeNetSpec.FromName(preset);

        spec.Auxiliaries.Select(head => (head.Name, head.After, head.Weight)).Should().Equal(("aux1", "4a", 0.3), ("aux2", "4d", 0.3));
    }
}
