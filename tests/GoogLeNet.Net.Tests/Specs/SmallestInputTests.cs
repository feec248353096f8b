using FluentAssertions;
using Xunit;
using static TorchSharp.torch;

namespace Inception.Tests.Specs;

/// <summary>The smallest images of each preset, worked out by hand: they are computed, and one pixel less is refused.</summary>
[Collection(TorchCollection.Name)]
public sealed class SmallestInputTests
{
    public static TheoryData<string, bool, int, string> Sizes => new()
    {
        // Backwards through the poolings, n → ⌈(n − 3) / 2⌉ + 1, and the first convolution, n → ⌈n / 2⌉.
        { "paper", true, 79, "the heads average windows of 5×5: 5 ← 10 ← 20 ← 40 ← 79" },
        { "paper", false, 31, "a pooling of one pixel has no output: 2 ← 4 ← 8 ← 16 ← 31" },
        { "tutorial", true, 65, "⌈n / 16⌉ is 5 from there on" },
        { "tutorial", false, 1, "TensorFlow's same" },
        { "torchvision", true, 15, "min_size of torchvision's GoogLeNet_Weights: 2 ← 4 ← 8 ← 15" },
        { "torchvision", false, 15, "adaptive poolings take any size" },
        { "cifar", true, 1, "every pooling is padded" },
        { "cifar", false, 1, "every pooling is padded" },
        { "cifar-small", true, 1, "every pooling is padded" },
        { "cifar-small", false, 1, "every pooling is padded" },
        { "cifar-fast", true, 2, "the whitening has windows of 4×4, padded by 1" },
        { "cifar-fast", false, 2, "the whitening has windows of 4×4, padded by 1" },
    };

    [Fact]
    public void Every_preset_is_tested() => Sizes.Select(row => row[0]).Distinct().Should().BeEquivalentTo(GoogLeNetSpec.Presets.Select(preset => preset.Name));

    [Theory]
    [MemberData(nameof(Sizes))]
    public void The_smallest_images_are_computed_with_all_heads(string preset, bool heads, int size, string reason)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        var spec = Narrow(preset, heads) with { InputSize = size };
        spec.Invoking(s => s.Validate()).Should().NotThrow(reason);
        using var model = GoogLeNet.Create(3, spec);

        var output = model.AllHeads(Arrays.NoiseTensor(1, 2, 3, size, size));

        output.Heads.Select(head => head.Name).Should().Equal(heads ? ["main", "aux1", "aux2"] : ["main"]);
        output.Heads.Should().OnlyContain(head => head.Logits.shape.SequenceEqual(new long[] { 2, 3 }));
    }

    [Theory]
    [MemberData(nameof(Sizes))]
    public void One_pixel_less_is_refused(string preset, bool heads, int size, string reason)
    {
        using var scope = NewDisposeScope();
        var spec = Narrow(preset, heads);
        using var model = GoogLeNet.Create(3, spec);

        (spec with { InputSize = size - 1 }).Invoking(s => s.Validate()).Should().Throw<ArgumentException>(reason)
            .WithMessage($"InputSize is {size - 1}; it must be at least {size}*");
        foreach (var (height, width) in new[] { (size - 1, size), (size, size - 1) })
        {
            model.Invoking(m => m.call(zeros(1, 3, height, width))).Should().Throw<ArgumentException>(reason).WithMessage($"*at least {size} pixels.*");
        }
    }

    // Widths change no sizes.
    private static GoogLeNetSpec Narrow(string preset, bool heads)
    {
        var spec = GoogLeNetSpec.FromName(preset).WithWidth(0.125);
        return heads ? spec : spec with { Auxiliaries = [] };
    }
}
