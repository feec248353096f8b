using FluentAssertions;
using Inception.Training;
using Xunit;
using static TorchSharp.torch;

namespace Inception.Tests.Training.Optimizers;

[Collection(TorchCollection.Name)]
public sealed class ParameterGroupTests
{
    [Theory]
    [InlineData(ParameterKinds.Weights, "conv.weight linear.weight")]
    [InlineData(ParameterKinds.Biases, "conv.bias linear.bias")]
    [InlineData(ParameterKinds.Normalization, "norm.weight norm.bias")]
    [InlineData(ParameterKinds.Biases | ParameterKinds.Normalization, "conv.bias norm.weight norm.bias linear.bias")]
    [InlineData(ParameterKinds.Any, "conv.weight conv.bias norm.weight norm.bias linear.weight linear.bias")]
    public void A_kind_is_told_from_the_layer(ParameterKinds kinds, string keys)
    {
        using var network = Reference.Network();

        Keys(network, new ParameterGroup { Kinds = kinds, LearningRateFactor = 2 }).Should().Equal(keys.Split(' '));
    }

    [Theory]
    [InlineData("conv.*", "conv.weight conv.bias")]
    [InlineData("*.bias", "conv.bias norm.bias linear.bias")]
    [InlineData("????.bias", "conv.bias norm.bias")]
    [InlineData("linear.weight", "linear.weight")]
    public void A_pattern_must_match_the_whole_key(string pattern, string keys)
    {
        using var network = Reference.Network();

        Keys(network, new ParameterGroup { Keys = pattern, LearningRateFactor = 2 }).Should().Equal(keys.Split(' '));
    }

    [Fact]
    public void A_pattern_and_kinds_both_must_match()
    {
        using var network = Reference.Network();

        Keys(network, new ParameterGroup { Keys = "*o*", Kinds = ParameterKinds.Biases, LearningRateFactor = 2 }).Should().Equal("conv.bias");
    }

    [Fact]
    public void A_bias_of_a_normalisation_whose_weight_is_not_trained_is_no_bias_of_a_layer()
    {
        using var network = Reference.Network();
        network.named_parameters().Single(named => named.name == "norm.weight").parameter.requires_grad = false;

        Keys(network, new ParameterGroup { Kinds = ParameterKinds.Normalization, LearningRateFactor = 2 }).Should().Equal("norm.bias");
    }

    [Fact]
    public void The_first_group_that_matches_takes_a_parameter_and_each_group_is_one_range()
    {
        using var network = Reference.Network();
        using var flat = new FlatParameters(network, [new() { Keys = "norm.*", LearningRateFactor = 3 }, new() { Kinds = ParameterKinds.Weights }, new() { Keys = "*.bias" }]);

        flat.Groups.Select(group => (group.Options.LearningRateFactor, group.Options.Kinds, group.Start, group.Length)).Should().Equal(
            (3, ParameterKinds.Any, 0, 4), (1, ParameterKinds.Weights, 4, 20), (1, ParameterKinds.Any, 24, 4));
        flat.Views(flat.Values).Select(named => named.Key).Should().Equal(
            "norm.weight", "norm.bias", "conv.weight", "linear.weight", "conv.bias", "linear.bias");
    }

    [Fact]
    public void Parameters_that_no_group_matches_come_first()
    {
        using var network = Reference.Network();
        using var flat = new FlatParameters(network, [new() { Keys = "conv.*" }]);

        flat.Groups.Select(group => (group.Start, group.Length)).Should().Equal((0, 10), (10, 18));
        flat.Groups[0].Options.Should().Be(new ParameterGroup());
    }

    [Fact]
    public void Caffes_preset_doubles_the_rate_of_biases_and_decays_weights_only()
    {
        using var network = Reference.Network();
        using var flat = new FlatParameters(network, ParameterGroup.DoubleRateOnBiases);

        flat.Groups.Select(group => (group.Length, group.Options.LearningRateFactor, group.Options.WeightDecayFactor)).Should().Equal((20, 1, 1), (4, 2, 0), (4, 1, 0));
    }

    [Fact]
    public void A_pattern_that_matches_nothing_is_an_error()
    {
        using var network = Reference.Network();

        Refused(network, new ParameterGroup { Keys = "cnov.*" })
            .WithMessage("The parameter group with keys 'cnov.*' (Any) matches no trainable parameter.");
        Refused(network, new ParameterGroup { Keys = "conv.*", Kinds = ParameterKinds.Normalization })
            .WithMessage("The parameter group with keys 'conv.*' (Normalization) matches no trainable parameter.");
        Refused(network, new ParameterGroup { Kinds = ParameterKinds.Biases }, new ParameterGroup { Keys = "conv.bias" })
            .WithMessage("The parameter group with keys 'conv.bias' (Any) has no parameter: earlier groups match them all.");
    }

    [Fact]
    public void A_kind_that_the_network_lacks_is_no_error()
    {
        using var module = nn.Linear(2, 2, hasBias: false);
        using var flat = new FlatParameters(module, ParameterGroup.DoubleRateOnBiases);

        flat.Groups.Should().ContainSingle().Which.Length.Should().Be(4);
    }

    [Fact]
    public void A_network_that_is_frozen_throughout_is_refused()
    {
        using var network = Reference.Network();

        Refused(network, new ParameterGroup { LearningRateFactor = 0 }).WithMessage("Every parameter is in a group with a learning rate factor of 0*");
    }

    [Theory]
    [InlineData("")]
    [InlineData("fc.*|")]
    [InlineData("fc.*||aux1.*")]
    public void An_empty_pattern_is_refused(string keys) =>
        FluentActions.Invoking(() => new ParameterGroup { Keys = keys }).Should().Throw<ArgumentException>()
            .WithMessage("Keys is empty; it must be a pattern, or null for every key.*");

    [Fact]
    public void Several_patterns_match_what_each_of_them_matches()
    {
        var group = new ParameterGroup { Keys = "fc.*|aux?.fc2.bias" };

        new[] { "fc.weight", "aux1.fc2.bias", "aux1.fc2.weight", "aux1.fc.bias" }.Where(key => group.Matches(key, ParameterKinds.Weights))
            .Should().Equal("fc.weight", "aux1.fc2.bias");
    }

    // The group's parameters lie after those that no group matches.
    private static string[] Keys(nn.Module network, ParameterGroup group)
    {
        using var flat = new FlatParameters(network, [group]);
        using var scope = NewDisposeScope();
        var start = flat.Groups.Single(each => each.Options == group).Start;
        var offset = 0L;
        return [.. flat.Views(flat.Values).Where(named => (offset += named.View.numel()) > start).Select(named => named.Key)];
    }

    private static FluentAssertions.Specialized.ExceptionAssertions<ArgumentException> Refused(nn.Module network, params ParameterGroup[] groups) =>
        FluentActions.Invoking(() => new FlatParameters(network, groups)).Should().Throw<ArgumentException>();
}
