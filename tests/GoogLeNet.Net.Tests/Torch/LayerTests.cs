using FluentAssertions;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Inception.Tests.Torch;

/// <summary>Layers as modules: how they begin, what they keep, what they refuse.</summary>
[Collection(TorchCollection.Name)]
public sealed class LayerTests
{
    [Fact]
    public void Layers_begin_within_their_bounds()
    {
        using var conv = nn.Conv2d(3, 64, (3, 1));
        using var linear = nn.Linear(25, 400);
        using var norm = nn.BatchNorm2d(2);

        conv.weight.shape.Should().Equal(64, 3, 3, 1);
        conv.weight.abs().max().ToDouble().Should().BeInRange(0.3, 1 / 3.0);
        conv.bias!.abs().max().ToDouble().Should().BeLessThanOrEqualTo(1 / 3.0);
        linear.weight.abs().max().ToDouble().Should().BeInRange(0.19, 0.2);
        linear.weight.square().mean().ToDouble().Should().BeApproximately(0.04 / 3, 0.001);
        (norm.weight.sum().ToDouble(), norm.bias!.sum().ToDouble()).Should().Be((2, 0));
        (norm.running_var!.sum().ToDouble(), norm.running_mean!.sum().ToDouble()).Should().Be((2, 0));
        nn.init.constant_(linear.weight, 3).mean().ToDouble().Should().BeApproximately(3, 1e-6);
        nn.init.xavier_uniform_(linear.weight).abs().max().ToDouble().Should().BeInRange(0.11, Math.Sqrt(6.0 / 425));
        nn.init.normal_(linear.weight, 1, 0.1).sub(1).square().mean().ToDouble().Should().BeApproximately(0.01, 0.001);
        nn.init.kaiming_uniform_(linear.weight, nonlinearity: nn.init.NonlinearityType.ReLU).abs().max().ToDouble().Should().BeInRange(0.48, Math.Sqrt(6.0 / 25));
    }

    [Fact]
    public void Batch_norm_tracks_the_batches()
    {
        using var scope = torch.NewDisposeScope();
        using var norm = nn.BatchNorm2d(1, momentum: 0.5);
        var input = torch.tensor(new[] { 1f, 3f }, 2, 1, 1, 1);

        var trained = norm.call(input);
        norm.eval();
        var evaluated = norm.call(input);

        trained.Values().Should().SatisfyRespectively(a => a.Should().BeApproximately(-1, 1e-4), b => b.Should().BeApproximately(1, 1e-4));
        norm.num_batches_tracked!.ToInt64().Should().Be(1);
        norm.running_mean!.ToDouble().Should().BeApproximately(1, 1e-6); // 0.5 · 0 + 0.5 · 2
        norm.running_var!.ToDouble().Should().BeApproximately(1.5, 1e-6); // 0.5 · 1 + 0.5 · 2
        evaluated.Values()[1].Should().BeApproximately(2 / Math.Sqrt(1.5), 1e-4);
        norm.Invoking(n => n.call(torch.ones(1, 1))).Should().Throw<ArgumentException>();
    }

    [Fact]
    public void Convolutions_pad_and_check()
    {
        using var scope = torch.NewDisposeScope();
        using var same = nn.Conv2d(1, 1, 3, Padding.Same);
        using var mirrored = nn.Conv2d(1, 1, (1, 3), padding: (0, 1), padding_mode: PaddingModes.Reflect, bias: false);
        nn.init.ones_(mirrored.weight);

        same.call(torch.ones(1, 1, 5, 4)).shape.Should().Equal(1, 1, 5, 4);
        mirrored.call(torch.tensor(new[] { 1f, 2, 3 }, 1, 1, 1, 3)).Values().Should().Equal(5, 6, 7);
        same.Invoking(c => c.call(torch.ones(1, 2, 5, 5))).Should().Throw<ArgumentException>();
    }

    [Fact]
    public void A_sequence_disposes_what_lies_between()
    {
        using var scope = torch.NewDisposeScope();
        using var sequence = nn.Sequential(("first", nn.Linear(2, 2)), ("second", nn.ReLU()));
        sequence.append(nn.Linear(2, 1));
        var before = scope.DisposablesCount;

        var output = sequence.call(torch.ones(1, 2));

        sequence.named_children().Select(c => c.name).Should().Equal("first", "second", "2");
        scope.DisposablesCount.Should().Be(before + 2, "the input and the output remain");
        output.shape.Should().Equal(1, 1);
    }

    [Fact]
    public void Layers_can_begin_anew()
    {
        using var conv = nn.Conv2d(2, 2, 3);
        using var norm = nn.BatchNorm2d(2);
        nn.init.zeros_(conv.weight);
        nn.init.uniform_(norm.weight, 5, 6).min().ToDouble().Should().BeInRange(5, 6);

        conv.reset_parameters();
        norm.reset_parameters();

        conv.weight.abs().max().ToDouble().Should().BeInRange(0.01, 1 / Math.Sqrt(18));
        norm.weight.data<float>().ToArray().Should().Equal(1, 1);
    }

    [Fact]
    public void Dropout_keeps_the_mean_and_rests_in_evaluation()
    {
        using var scope = torch.NewDisposeScope();
        using var dropout = nn.Dropout(0.25);
        var ones = torch.ones(10_000);

        var dropped = dropout.call(ones).Values();
        dropout.eval();

        dropped.Distinct().Should().BeEquivalentTo([0, (double)(1 / 0.75f)]);
        dropped.Average().Should().BeApproximately(1, 0.05);
        dropout.call(ones).Equals(ones).Should().BeTrue();
    }
}
