using FluentAssertions;
using Inception.Tests.Training;
using Inception.Tests.Weights;
using Inception.Training;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Inception.Tests.Models;

[Collection(TorchCollection.Name)]
public sealed class FoldBatchNormTests
{
    [Theory]
    [InlineData("tiny", 8, "small numbers")]
    [InlineData("cifar-small", 32, "the stem that pools")]
    [InlineData("cifar", 32, "full width, two 3×3 in place of the 5×5")]
    [InlineData("cifar-small with two 3×3", 32, "the third branch has one convolution more")]
    public void The_folded_network_agrees_to_1e_4_of_the_logits_range(string spec, int size, string reason)
    {
        using var network = GoogLeNet.Create(10, States.Spec(spec), seed: 4).WithTrainedNorms();

        using var folded = network.FoldBatchNorm();

        Error(network, folded, size).Should().BeLessThan(1e-4, reason);
    }

    [Fact]
    public void So_does_one_that_was_trained()
    {
        using var network = WithoutAuxiliariesTests.Trained();

        using var folded = network.FoldBatchNorm();

        Error(network, folded, 8).Should().BeLessThan(1e-4);
    }

    [Fact]
    public void A_convolution_takes_the_norms_scale_and_shift()
    {
        using var network = GoogLeNet.Create(3, Tiny.Spec(), seed: 4).WithTrainedNorms();
        using var folded = network.FoldBatchNorm();
        var (before, after) = (network.Values(), folded.Values());
        const string Block = "inception3b.branch2.1";

        for (var channel = 0; channel < 4; channel++)
        {
            double Norm(string key) => before[$"{Block}.bn.{key}"][channel];
            var scale = Norm("weight") / Math.Sqrt(Norm("running_var") + 1e-3);
            for (var i = channel * 36; i < (channel + 1) * 36; i++)
            {
                after[$"{Block}.conv.weight"][i].Should().Be((float)(before[$"{Block}.conv.weight"][i] * scale));
            }

            after[$"{Block}.conv.bias"][channel].Should().Be((float)(Norm("bias") - (Norm("running_mean") * scale)));
        }
    }

    [Fact]
    public void It_is_the_main_network_in_evaluation_mode_without_batch_normalisation()
    {
        using var network = GoogLeNet.Create(3, Tiny.Spec(), seed: 4);
        var before = network.Values();

        using var folded = network.FoldBatchNorm();

        folded.training.Should().BeFalse();
        folded.Heads.Should().Equal(new Head("main", 1));
        folded.Spec.Blocks.Should().Be(network.Spec.Blocks with { Normalization = Normalization.None });
        folded.named_buffers().Should().BeEmpty();
        folded.Values().Keys.Should().NotContain(key => key.Contains(".bn."));
        network.training.Should().BeTrue();
        network.Values().Should().BeEquivalentTo(before);
    }

    [Theory]
    [InlineData("tiny", "copied into", "weights laid out for inference see it")]
    [InlineData("tiny", "trained", "weights that were moved are joined anew")]
    [InlineData("tiny", "converted", "those of another type, too")]
    [InlineData("cifar-small", "copied into", "so do those laid for the kernel")]
    [InlineData("cifar-small", "trained", "and they may be moved")]
    [InlineData("cifar-small", "converted", "and come back")]
    public void Weights_that_are_changed_later_are_the_ones_that_compute(string spec, string how, string reason)
    {
        using var scope = NewDisposeScope();
        using var network = GoogLeNet.Create(3, States.Spec(spec), seed: 4).WithTrainedNorms();
        using var folded = network.FoldBatchNorm();
        var before = WithoutAuxiliariesTests.Logits(folded, 8);
        using var flat = how == "trained" ? new FlatParameters(folded) : null;
        if (how == "converted")
        {
            folded.to(ScalarType.Float64).to(ScalarType.Float32);
        }

        using (no_grad())
        {
            foreach (var (_, weight) in folded.named_parameters().Where(named => named.name.EndsWith("branch1.conv.weight")))
            {
                weight.mul_(-1);
            }
        }

        var after = WithoutAuxiliariesTests.Logits(folded, 8);
        after.Should().NotEqual(before, reason);
        using var output = folded.call(Arrays.NoiseTensor(3, 2, 3, 8, 8)); // with gradients, where they are always joined anew
        Arrays.RelativeError(after, [.. output.Logits.Floats().Select(value => (double)value)]).Should().BeLessThan(1e-5, reason);
    }

    [Fact]
    public void A_network_without_batch_normalisation_is_refused()
    {
        using var network = GoogLeNet.Create(3, Tiny.Spec() with { Blocks = new() });

        network.Invoking(n => n.FoldBatchNorm()).Should().Throw<InvalidOperationException>()
            .WithMessage("'tiny' has no batch normalization to fold: Blocks.Normalization is None.");
    }

    /// <summary>The largest difference of the logits in evaluation mode, as a share of their range.</summary>
    private static double Error(GoogLeNet network, GoogLeNet folded, int size)
    {
        network.eval();
        var (expected, actual) = (WithoutAuxiliariesTests.Logits(network, size), WithoutAuxiliariesTests.Logits(folded, size));
        return expected.Zip(actual, (e, a) => Math.Abs(e - a)).Max() / (double)(expected.Max() - expected.Min());
    }
}
