using FluentAssertions;
using Xunit;
using static TorchSharp.torch;

namespace Inception.Tests.Evidence.Paper;

/// <summary>
/// A narrow network with all that is the paper's and Caffe's (both LRNs, poolings that round up, symmetric padding, biases of 0.2, 5×5/3
/// average in front of the heads) against loops in double precision that are written out layer by layer.
/// </summary>
[Collection(TorchCollection.Name)]
public sealed class PaperTests
{
    private static readonly GoogLeNetSpec Narrow = GoogLeNetSpec.Paper with
    {
        Name = "narrow",
        Layers =
        [
            new ConvolutionSpec("conv1", 8, Kernel: 7, Stride: 2, Bias: 0.2),
            new MaxPoolSpec("maxpool1", 3, 2),
            new LocalResponseNormSpec("lrn1"),
            new ConvolutionSpec("conv2", 6, Kernel: 1, Bias: 0.2),
            new ConvolutionSpec("conv3", 10, Kernel: 3, Bias: 0.2),
            new LocalResponseNormSpec("lrn2"),
            new MaxPoolSpec("maxpool2", 3, 2),
            new InceptionSpec("4a", 4, 3, 5, 2, 3, 4),
            new InceptionSpec("4d", 5, 4, 6, 3, 4, 3),
            new MaxPoolSpec("maxpool4", 3, 2),
            new InceptionSpec("5a", 6, 5, 7, 3, 4, 5),
        ],
        Auxiliaries = [.. GoogLeNetSpec.Paper.Auxiliaries.Select(head => head with { Channels = 4, Hidden = 12 })],
    };

    [Theory]
    [InlineData(63, "32 → 16 → 8 → 4: every pooling ends in a window of two pixels")]
    [InlineData(69, "35 → 17 → 8 → 4: two poolings end with the input, the last in half a window")]
    [InlineData(71, "36 → 18 → 9 → 4: the heads' average leaves out the last pixel")]
    public void The_network_is_what_the_paper_and_Caffe_say(int size, string reason)
    {
        using var scope = NewDisposeScope();
        using var model = GoogLeNet.Create(7, Narrow with { InputSize = size }, seed: 4);
        model.eval();
        // Caffe's range, at which local response normalisation halves values; between 0 and 1 it would not show.
        var images = 128 * Arrays.NoiseTensor(6, 2, 3, size, size);
        var layers = new Loops(model);

        var x = Loops.Lrn(Loops.PoolUp(layers.Convolution(images.Grid(), "conv1", stride: 2)));
        x = Loops.PoolUp(Loops.Lrn(layers.Convolution(layers.Convolution(x, "conv2"), "conv3")));
        x = layers.Inception(x, "4a");
        var aux1 = layers.Auxiliary(x, "aux1");
        x = layers.Inception(x, "4d");
        var aux2 = layers.Auxiliary(x, "aux2");
        x = layers.Inception(Loops.PoolUp(x), "5a");
        var main = layers.Classifier(Loops.Mean(x), "fc");
        var output = model.AllHeads(images);

        foreach (var (head, expected) in new[] { ("main", main), ("aux1", aux1), ("aux2", aux2) })
        {
            Arrays.RelativeError(output[head].Floats(), [.. expected.Cast<double>()]).Should().BeLessThan(1e-5, $"{head}: {reason}");
        }
    }

    [Fact]
    public void The_narrow_network_shows_a_change_of_each_choice()
    {
        // What the test above proves only if the numbers depend on it. An even size, at which `same` pads conv1 by 2 before and 3 after.
        using var scope = NewDisposeScope();
        var images = 128 * Arrays.NoiseTensor(6, 2, 3, 64, 64);
        double[] Logits(GoogLeNetSpec spec)
        {
            using var model = GoogLeNet.Create(7, spec with { InputSize = 64 }, seed: 4);
            model.eval();
            return [.. model.AllHeads(images).Heads.SelectMany(head => head.Logits.Floats()).Select(value => (double)value)];
        }

        var narrow = Logits(Narrow);
        double Change(GoogLeNetSpec spec) => Arrays.RelativeError([.. Logits(spec).Select(value => (float)value)], narrow);
        GoogLeNetSpec WithNorm(Func<LocalResponseNormSpec, LayerSpec> change) =>
            Narrow with { Layers = [.. Narrow.Layers.Select(layer => layer is LocalResponseNormSpec norm ? change(norm) : layer)] };

        Change(Narrow with { Pooling = PoolingRule.Floor }).Should().BeGreaterThan(1e-3);
        Change(Narrow with { Blocks = new() { Padding = PaddingRule.Same } }).Should().BeGreaterThan(1e-3);
        Change(Narrow with { Blocks = new() { InceptionBias = 0 } }).Should().BeGreaterThan(1e-3);
        Change(WithNorm(norm => norm with { Alpha = norm.Alpha * norm.Size })).Should().BeGreaterThan(1e-3, "TensorFlow does not divide by the size");
        Change(WithNorm(norm => norm with { Size = 3 })).Should().BeGreaterThan(1e-3);
    }
}
