using FluentAssertions;
using Inception.Tests.Training;
using Inception.Tests.Weights;
using Inception.Training;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Inception.Tests.Models;

[Collection(TorchCollection.Name)]
public sealed class WithoutAuxiliariesTests
{
    [Theory]
    [InlineData("tiny", 8, "batch normalisation: the running statistics are copied")]
    [InlineData("cifar-small", 32, "a preset with batch normalisation")]
    [InlineData("paper", 224, "local response normalisation, no batch normalisation")]
    public void The_main_head_gives_the_same_bits(string spec, int size, string reason)
    {
        using var network = GoogLeNet.Create(3, States.Spec(spec), seed: 4).WithTrainedNorms();

        using var deployed = network.WithoutAuxiliaries();

        network.eval();
        Logits(deployed, size).Should().Equal(Logits(network, size), reason);
    }

    [Fact]
    public void A_trained_network_keeps_its_bits_because_its_memory_layout_is_kept()
    {
        using var network = Trained();

        using var deployed = network.WithoutAuxiliaries();

        network.eval();
        Logits(deployed, 8).Should().Equal(Logits(network, 8));
        var (mine, theirs) = (Weight(network), Weight(deployed));
        theirs.stride().Should().Equal(mine.stride()).And.NotEqual([27L, 9, 3, 1], "filters are channels last");
    }

    [Fact]
    public void It_is_a_network_in_evaluation_mode_without_heads_or_their_parameters()
    {
        using var network = GoogLeNet.Create(3, Tiny.Spec(), seed: 4).WithTrainedNorms();

        using var deployed = network.WithoutAuxiliaries();

        deployed.training.Should().BeFalse();
        deployed.modules().Should().OnlyContain(module => !module.training);
        deployed.NumClasses.Should().Be(3);
        deployed.Heads.Should().Equal(new Head("main", 1));
        deployed.Spec.Should().BeEquivalentTo(network.Spec with { Auxiliaries = [] });
        deployed.Values().Should().BeEquivalentTo(network.Values().Where(entry => !entry.Key.StartsWith("aux")));
        network.training.Should().BeTrue("the original is unchanged");
    }

    [Fact]
    public void It_shares_no_memory_with_the_original_and_outlives_it()
    {
        using var scope = NewDisposeScope();
        var network = GoogLeNet.Create(3, Tiny.Spec(), seed: 4);
        GoogLeNet deployed;
        using (NewDisposeScope())
        {
            deployed = network.WithoutAuxiliaries();
        }

        var before = deployed.Values();
        using (no_grad())
        {
            foreach (var parameter in network.parameters())
            {
                parameter.fill_(0);
            }
        }

        network.Dispose();

        using (deployed)
        {
            deployed.Values().Should().BeEquivalentTo(before);
            deployed.call(zeros(1, 3, 8, 8)).Logits.shape.Should().Equal(1, 3);
        }
    }

    [Fact]
    public void The_type_is_kept()
    {
        using var network = GoogLeNet.Create(3, Tiny.Spec(), seed: 4).WithTrainedNorms().to(ScalarType.Float64);

        using var deployed = network.WithoutAuxiliaries();

        deployed.parameters().Should().OnlyContain(parameter => parameter.dtype == ScalarType.Float64);
        deployed.named_buffers().Where(named => named.name.EndsWith("tracked")).Should().OnlyContain(named => named.buffer.dtype == ScalarType.Int64);
    }

    [Fact]
    public void It_can_be_trained_on()
    {
        using var network = GoogLeNet.Create(3, Tiny.Spec(), seed: 4);
        using var deployed = network.WithoutAuxiliaries();
        var before = deployed.Values();

        new MultiHeadTrainer(deployed, new TrainerOptions { Epochs = 1, BatchSize = 8, Schedule = new Triangular(0.05) }).Fit(Tiny.Noise(16));

        deployed.Values()["fc.weight"].Should().NotEqual(before["fc.weight"]);
    }

    /// <summary>The tiny network after a few steps.</summary>
    internal static GoogLeNet Trained()
    {
        var network = GoogLeNet.Create(3, Tiny.Spec(), seed: 4);
        new MultiHeadTrainer(network, new TrainerOptions { Epochs = 2, BatchSize = 8, Schedule = new Triangular(0.05) }).Fit(Tiny.Noise(32));
        return network;
    }

    internal static float[] Logits(GoogLeNet network, int size)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        return network.call(Arrays.NoiseTensor(3, 2, 3, size, size)).Logits.Floats();
    }

    private static Tensor Weight(GoogLeNet network) => network.named_parameters().Single(named => named.name == "conv1.conv.weight").parameter;
}
