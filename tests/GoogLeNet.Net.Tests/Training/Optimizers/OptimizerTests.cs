using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;
using FluentAssertions;
using Inception.Tests.Torch;
using Inception.Training;
using Xunit;
using static TorchSharp.torch;

namespace Inception.Tests.Training.Optimizers;

/// <summary>Twenty steps of three groups of parameters, against PyTorch 1.13.0 in float64.</summary>
[Collection(TorchCollection.Name)]
public sealed class OptimizerTests
{
    public static TheoryData<string, OptimizerOptions> Rules => new()
    {
        { "plain", new SgdOptions { Momentum = 0 } },
        { "momentum", new SgdOptions { Momentum = 0.9 } },
        { "nesterov", new SgdOptions { Momentum = 0.9, Nesterov = true } },
        { "momentum, decay", new SgdOptions { Momentum = 0.9, WeightDecay = 0.05 } },
        { "nesterov, decay", new SgdOptions { Momentum = 0.85, Nesterov = true, WeightDecay = 0.05 } },
        { "momentum, decoupled decay", new SgdOptions { Momentum = 0.9, WeightDecay = 0.05, DecoupledWeightDecay = true } },
        { "nesterov, decoupled decay", new SgdOptions { Momentum = 0.85, Nesterov = true, WeightDecay = 0.05, DecoupledWeightDecay = true } },
        { "adamW", new AdamWOptions() },
        { "adamW, other settings", new AdamWOptions { Beta1 = 0.8, Beta2 = 0.95, Epsilon = 1e-3, WeightDecay = 0.5 } },
    };

    /// <summary>Those, and what PyTorch 1.13 does not have.</summary>
    public static TheoryData<string, OptimizerOptions> AllRules
    {
        get
        {
            var all = Rules;
            all.Add("muon", new MuonOptions { WeightDecay = 0.05 });
            return all;
        }
    }

    [Theory]
    [MemberData(nameof(Rules))]
    public void Every_step_is_PyTorchs(string run, OptimizerOptions options) =>
        Reference.Error(Reference.Run(options with { Groups = Reference.Groups }, options is AdamWOptions ? 0.1 : 1), run).Should().BeLessThan(1e-6);

    [Theory]
    [MemberData(nameof(AllRules))]
    public void State_copied_into_a_new_optimizer_continues_bit_for_bit(string run, OptimizerOptions options)
    {
        options = options with { Groups = Reference.Groups };
        var expected = Reference.Run(options);

        Resumption.Run(options, interruptedAfter: 7).Should().Equal(expected[^1], run);
    }

    [Theory]
    [MemberData(nameof(AllRules))]
    public void A_step_leaves_the_gradients_at_zero_and_nothing_else_in_memory(string run, OptimizerOptions options)
    {
        using var network = Reference.Network();
        using var flat = new FlatParameters(network, options.Groups);
        using var optimizer = options.Create(flat);
        Reference.SetGradients(network, 0);
        LiveTensors.Settle();
        var before = Tensor.TotalCount;

        optimizer.Step(0.1);

        (Tensor.TotalCount - before).Should().Be(0, run);
        flat.Gradients.Floats().Should().OnlyContain(value => value == 0);
    }

    [Theory]
    [MemberData(nameof(AllRules))]
    public void A_disposed_optimizer_leaves_nothing_in_memory(string run, OptimizerOptions options)
    {
        using var network = Reference.Network();
        using var flat = new FlatParameters(network, options.Groups);
        LiveTensors.Settle();
        var before = Tensor.TotalCount;

        using (var optimizer = options.Create(flat))
        {
            Reference.SetGradients(network, 0);
            optimizer.Step(0.1);
            _ = optimizer.State;
            optimizer.Step(0.1);
        }

        (Tensor.TotalCount - before).Should().Be(0, run);
    }

    [Fact]
    public void Every_optimizer_of_a_recipe_is_among_the_rules() =>
        AllRules.Select(row => row[1].GetType()).Distinct().Should().BeEquivalentTo(
            typeof(OptimizerOptions).GetCustomAttributes<JsonDerivedTypeAttribute>().Select(attribute => attribute.DerivedType));

    [Fact]
    public void A_group_with_factor_0_is_frozen()
    {
        var options = new AdamWOptions { WeightDecay = 0.5, Groups = [new() { Keys = "conv.*", LearningRateFactor = 0 }] };
        using var start = Reference.Network();

        var end = Reference.Run(options)[^1];

        end[..18].Should().Equal(Reference.Values(start)[..18], "2·2·2·2 weights and 2 biases of the convolution stay");
        end[18..].Zip(Reference.Values(start)[18..]).Should().OnlyContain(pair => pair.First != pair.Second);
    }

    [Theory]
    [InlineData("""{ "optimizer": "sgd", "momentum": 0.8, "nesterov": true, "weightDecay": 0.01, "decoupledWeightDecay": true, "form": "keras" }""")]
    [InlineData("""{ "optimizer": "adamW", "beta1": 0.8, "beta2": 0.99, "epsilon": 1e-6, "weightDecay": 0.1, "groups": [{ "kinds": "biases, normalization", "keys": "aux*", "learningRateFactor": 2, "weightDecayFactor": 0 }] }""")]
    [InlineData("""{ "optimizer": "sgd", "groups": [] }""")]
    [InlineData("""{ "optimizer": "muon", "momentum": 0.7, "otherMomentum": 0.8, "iterations": 5, "normalizesFilters": false, "weightDecay": 0.1 }""")]
    public void Options_are_read_from_json_and_written_to_it(string json)
    {
        var options = JsonSerializer.Deserialize<OptimizerOptions>(json, SpecJson.Options)!;
        OptimizerOptions[] expected =
        [
            new SgdOptions { Momentum = 0.8, Nesterov = true, WeightDecay = 0.01, DecoupledWeightDecay = true, Form = MomentumForm.Keras },
            new AdamWOptions
            {
                Beta1 = 0.8,
                Beta2 = 0.99,
                Epsilon = 1e-6,
                WeightDecay = 0.1,
                Groups = [new() { Kinds = ParameterKinds.Biases | ParameterKinds.Normalization, Keys = "aux*", LearningRateFactor = 2, WeightDecayFactor = 0 }],
            },
            new SgdOptions { Groups = [] },
            new MuonOptions { Momentum = 0.7, OtherMomentum = 0.8, Iterations = 5, NormalizesFilters = false, WeightDecay = 0.1 },
        ];

        expected.Should().ContainSingle(other => other.Equals(options)).Which.GetHashCode().Should().Be(options.GetHashCode());
        JsonSerializer.Deserialize<OptimizerOptions>(JsonSerializer.Serialize(options, SpecJson.Options), SpecJson.Options).Should().Be(options);
    }

    [Theory]
    [InlineData("""{ "optimizer": "adam" }""", "no such optimizer")]
    [InlineData("""{ "optimizer": "adamW", "momentum": 0.9 }""", "a setting of another one")]
    [InlineData("""{ "optimizer": "sgd", "groups": [{ "kind": "biases" }] }""", "a misspelt field of a group")]
    [InlineData("""{ "optimizer": "sgd", "groups": [{ "kinds": "bias" }] }""", "no such kind")]
    public void What_is_no_optimizer_is_refused(string json, string reason) =>
        FluentActions.Invoking(() => JsonSerializer.Deserialize<OptimizerOptions>(json, SpecJson.Options)).Should().Throw<JsonException>(reason);

    public static TheoryData<Func<object>, string> OutOfRange => new()
    {
        { () => new AdamWOptions { Beta1 = 1 }, "Beta1 is 1; it must be in *0, 1)." },
        { () => new AdamWOptions { Beta2 = -0.1 }, "Beta2 is -0.1; it must be in *0, 1)." },
        { () => new AdamWOptions { Epsilon = 0 }, "Epsilon is 0; it must be a finite number more than 0." },
        { () => new AdamWOptions { WeightDecay = double.NaN }, "WeightDecay is NaN; it must be a finite number, 0 or more." },
        { () => new MuonOptions { Momentum = 1 }, "Momentum is 1; it must be in *0, 1)." },
        { () => new MuonOptions { OtherMomentum = -1 }, "OtherMomentum is -1; it must be in *0, 1)." },
        { () => new MuonOptions { Iterations = 0 }, "Iterations is 0; it must be at least 1*" },
        { () => new MuonOptions { WeightDecay = -1 }, "WeightDecay is -1; it must be a finite number, 0 or more." },
        { () => new ClipByNorm(0), "maximum is 0; it must be a finite number more than 0." },
        { () => new ClipByValue(double.PositiveInfinity), "maximum is Infinity; it must be a finite number more than 0." },
        { () => new ParameterGroup { LearningRateFactor = -1 }, "LearningRateFactor is -1; it must be a finite number, 0 or more." },
        { () => new ParameterGroup { WeightDecayFactor = double.NaN }, "WeightDecayFactor is NaN; it must be a finite number, 0 or more." },
        { () => new ParameterGroup { Kinds = 0 }, "Kinds is 0; it must be one or more of Weights, Biases and Normalization." },
        { () => new ParameterGroup { Kinds = (ParameterKinds)9 }, "Kinds is 9; it must be one or more of Weights, Biases and Normalization." },
    };

    [Theory]
    [MemberData(nameof(OutOfRange))]
    public void A_value_out_of_range_is_refused_with_its_name_value_and_range(Func<object> create, string message) =>
        create.Should().Throw<ArgumentOutOfRangeException>().WithMessage(message + "*");
}
