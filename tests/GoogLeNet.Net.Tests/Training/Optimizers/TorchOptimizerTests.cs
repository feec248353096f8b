using FluentAssertions;
using Inception.Tests.Torch;
using Inception.Training;
using TorchSharp.Modules;
using Xunit;
using static TorchSharp.torch;

namespace Inception.Tests.Training.Optimizers;

/// <summary>Optimizers of torch.optim under the trainer's schedule and groups, against PyTorch 1.13.0 in float64.</summary>
[Collection(TorchCollection.Name)]
public sealed class TorchOptimizerTests
{
    private static readonly TorchOptimizerOptions Momentum = new("SGD", (parameters, _) => optim.SGD(parameters, 1, momentum: 0.9)) { Groups = Reference.Groups };

    public static TheoryData<string, double, TorchOptimizerOptions> Rules => new()
    {
        { "plain", 1, new("SGD", (parameters, _) => optim.SGD(parameters, 1)) },
        { "momentum", 1, Momentum },
        { "nesterov, decay", 1, new("SGD", (parameters, group) => optim.SGD(parameters, 1, momentum: 0.85, weight_decay: 0.05 * group.WeightDecayFactor, nesterov: true)) },
        { "adam", 0.1, new("Adam", (parameters, group) => optim.Adam(parameters, beta1: 0.8, beta2: 0.95, weight_decay: 0.05 * group.WeightDecayFactor)) },
        { "adam, amsgrad", 0.1, new("Adam", (parameters, _) => optim.Adam(parameters, amsgrad: true)) },
    };

    [Theory]
    [MemberData(nameof(Rules))]
    public void Every_step_is_PyTorchs(string run, double rateFactor, TorchOptimizerOptions options) =>
        Reference.Error(Reference.Run(options with { Groups = Reference.Groups }, rateFactor), run).Should().BeLessThan(1e-6);

    [Theory]
    [MemberData(nameof(Rules))]
    public void State_copied_into_a_new_optimizer_continues_bit_for_bit(string run, double rateFactor, TorchOptimizerOptions options)
    {
        options = options with { Groups = Reference.Groups };

        Resumption.Run(options, interruptedAfter: 7).Should().Equal(Reference.Run(options)[^1], run, rateFactor);
        Resumption.Run(options, interruptedAfter: 0).Should().Equal(Reference.Run(options)[^1], "the state before the first step is one too");
    }

    [Theory]
    [MemberData(nameof(Rules))]
    public void Nothing_is_left_in_memory(string run, double rateFactor, TorchOptimizerOptions options)
    {
        using var network = Reference.Network();
        using var flat = new FlatParameters(network, options.Groups);
        LiveTensors.Settle();
        var before = Tensor.TotalCount;

        using (var optimizer = options.Create(flat))
        {
            optimizer.Step(rateFactor);
            _ = optimizer.State;
            optimizer.OnStateLoaded();
            optimizer.Step(rateFactor);
        }

        var made = 2 * flat.TrainableGroups.Count;
        (Tensor.TotalCount - before).Should().Be(made, $"TorchSharp counts the tensor that each new Parameter takes over for ever ({run})");
    }

    [Fact]
    public void The_networks_gradients_stay_views_of_the_flat_buffer_and_are_zero_after_a_step()
    {
        using var network = Reference.Network();
        using var flat = new FlatParameters(network, Momentum.Groups);
        using var optimizer = Momentum.Create(flat);
        Reference.SetGradients(network, 0);

        optimizer.Step(0.1);

        flat.Gradients.Floats().Should().OnlyContain(value => value == 0);
        flat.Gradients.fill_(3);
        network.parameters().Should().OnlyContain(parameter => parameter.grad!.Floats().All(value => value == 3));
    }

    [Fact]
    public void The_factory_sees_one_vector_for_each_group_that_moves()
    {
        var seen = new List<(int Count, long[] Shape, ParameterGroup Group)>();
        var options = new TorchOptimizerOptions("SGD", (parameters, group) =>
        {
            seen.Add((parameters.Count, parameters[0].shape, group));
            return optim.SGD(parameters, 1);
        })
        { Groups = [.. Reference.Groups, new() { Keys = "linear.*", LearningRateFactor = 0 }] };
        using var network = Reference.Network();
        using var flat = new FlatParameters(network, options.Groups);

        options.Create(flat).Dispose();

        seen.Select(each => each.Count).Should().Equal(1, 1, 1);
        seen.Select(each => each.Shape.Single()).Should().Equal(16, 4, 4);
        seen.Select(each => each.Group).Should().Equal(new ParameterGroup(), Reference.Groups[0], Reference.Groups[1]);
    }

    [Fact]
    public void An_optimizer_of_ones_own_works_but_cannot_be_kept_in_a_checkpoint()
    {
        var options = new TorchOptimizerOptions("sign descent", (parameters, _) => new SignDescent(parameters)) { Groups = [] };
        using var start = Reference.Network();
        using var network = Reference.Network();
        using var flat = new FlatParameters(network, options.Groups);
        using var optimizer = options.Create(flat);
        flat.Gradients.fill_(-5);

        optimizer.Step(0.25);

        Arrays.RelativeError(Reference.Values(network), [.. Reference.Values(start).Select(value => value + 0.25)]).Should().BeLessThan(1e-6);
        optimizer.Invoking(o => o.State).Should().Throw<NotSupportedException>().WithMessage(
            "The optimizer 'sign descent' is a SignDescent, which cannot write its state (it does not derive from OptimizerHelper): a run with it can keep no checkpoints.");
    }

    [Fact]
    public void A_factory_without_an_optimizer_or_a_rate_is_refused()
    {
        using var network = Reference.Network();
        using var flat = new FlatParameters(network);
        LiveTensors.Settle();
        var before = Tensor.TotalCount;

        FluentActions.Invoking(() => new TorchOptimizerOptions("none", (_, _) => null!).Create(flat))
            .Should().Throw<ArgumentException>().WithMessage("The factory of optimizer 'none' returned null.");
        FluentActions.Invoking(() => new TorchOptimizerOptions("empty", (_, _) => new SignDescent([])).Create(flat))
            .Should().Throw<ArgumentException>().WithMessage("The optimizer 'empty' has no ParamGroups, through which the trainer sets the learning rate.");
        FluentActions.Invoking(() => new TorchOptimizerOptions(" ", (_, _) => null!)).Should().Throw<ArgumentException>();
        (Tensor.TotalCount - before).Should().Be(2, "TorchSharp counts the tensor that each new Parameter takes over for ever");
    }

    [Fact]
    public void A_factory_that_fails_at_a_later_group_leaves_nothing_of_the_earlier_ones()
    {
        using var network = Reference.Network();
        using var flat = new FlatParameters(network, Reference.Groups);
        var made = 0;
        var options = new TorchOptimizerOptions("fails", (parameters, _) => ++made == 3 ? throw new InvalidOperationException("mine") : optim.Adam(parameters)) { Groups = Reference.Groups };
        LiveTensors.Settle();
        var before = Tensor.TotalCount;

        options.Invoking(o => o.Create(flat)).Should().Throw<InvalidOperationException>().WithMessage("mine");

        made.Should().Be(3);
        (Tensor.TotalCount - before).Should().Be(3, "TorchSharp counts the tensor that each new Parameter takes over for ever");
    }

    [Fact]
    public void A_checkpoint_compares_the_name_and_the_groups()
    {
        var described = OptionsJson.Describe(new TrainerOptions { Optimizer = Momentum })["optimizer"]!.AsObject();

        described["name"]!.GetValue<string>().Should().Be("SGD");
        described["groups"]!.AsArray().Should().HaveCount(2);
        described.Select(property => property.Key).Should().BeEquivalentTo("optimizer", "name", "groups");
    }

    // w ← w − lr · sign(g), as g / |g|.
    private sealed class SignDescent : optim.Optimizer
    {
        public SignDescent(IReadOnlyList<Parameter> parameters)
            : base(0) => _parameter_groups = [.. parameters.Select(parameter => new ParamGroup { Parameters = [parameter], Options = new() { LearningRate = 1 } })];

        public override Tensor? step(Func<Tensor>? closure = null)
        {
            using var scope = NewDisposeScope();
            foreach (var group in _parameter_groups!)
            {
                foreach (var parameter in group.Parameters)
                {
                    parameter.add_(parameter.grad! / parameter.grad!.abs(), -group.LearningRate);
                }
            }

            return null;
        }
    }
}
