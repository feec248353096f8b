using FluentAssertions;
using Inception.Evaluation;
using Inception.Tests.Training;
using Inception.Training;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Inception.Tests.Models;

/// <summary>What is frozen stays as it is, running statistics included; what is beside it is trained as if it were alone.</summary>
[Collection(TorchCollection.Name)]
public sealed class FreezingTests
{
    private static readonly TrainerOptions Options = new() { Epochs = 2, BatchSize = 5, Schedule = new ConstantRate(0.05), Optimizer = new SgdOptions { WeightDecay = 1e-2 } };

    public static TheoryData<string[], string[]> Patterns => new()
    {
        { ["conv*"], ["conv1."] },
        { ["conv1", "inception3?"], ["conv1.", "inception3a.", "inception3b."] },
        { ["inception3a.branch1"], ["inception3a.branch1."] },
        { ["inception3a.branch?.0", "aux1"], ["inception3a.branch2.0.", "inception3a.branch3.0.", "aux1."] },
    };

    [Theory]
    [MemberData(nameof(Patterns))]
    public void Training_changes_everything_but_what_is_frozen(string[] patterns, string[] frozen)
    {
        foreach (var precision in new[] { Precision.Float32, Precision.BFloat16 })
        {
            using var model = GoogLeNet.Create(3, Tiny.Spec(), seed: 1);
            using var data = Tiny.Noise(20);
            var before = Bytes(model);

            model.Freeze(patterns);
            new MultiHeadTrainer(model, Options with { Precision = precision, Averaging = new ExponentialAverage(0.5) }).Fit(data, data);

            var changed = Bytes(model).Where(entry => !entry.Value.SequenceEqual(before[entry.Key])).Select(entry => entry.Key);
            changed.Should().BeEquivalentTo(before.Keys.Where(key => !frozen.Any(key.StartsWith)), precision.ToString());
        }
    }

    [Fact]
    public void A_frozen_norm_beside_trained_ones_uses_its_running_statistics_and_they_the_batchs()
    {
        using var scope = NewDisposeScope();
        using var model = GoogLeNet.Create(3, Tiny.Spec(dropout: 0) with { Auxiliaries = [] }, seed: 1);
        var block = (InceptionModule)model.modules().First(module => module is InceptionModule);
        InceptionModuleTests.Disturb(block);
        model.Freeze("inception3a.branch1");
        model.train();
        var x = Arrays.ChannelsLast(Arrays.NoiseTensor(5, 4, 8, 6, 6));
        var state = block.State().ToDictionary(entry => entry.Key, entry => entry.Value.detach().clone());

        var output = block.call(x);

        Tensor Expected(string key, bool training) => functional.relu(functional.batch_norm(
            functional.conv2d(x, state[$"{key}.conv.weight"]), state[$"{key}.bn.running_mean"], state[$"{key}.bn.running_var"], state[$"{key}.bn.weight"], state[$"{key}.bn.bias"], training,
            0.1, 1e-3));
        Arrays.RelativeError(output.narrow(1, 0, 4).Floats(), [.. Expected("branch1", training: false).Floats().Select(value => (double)value)]).Should().BeLessThan(1e-5);
        _ = Expected("branch2.0", training: true);
        Arrays.RelativeError(block.State()["branch2.0.bn.running_mean"].Floats(), [.. state["branch2.0.bn.running_mean"].Floats().Select(value => (double)value)]).Should().BeLessThan(1e-5);
        output.sum().backward();
        block.State()["branch1.bn.weight"].grad.Should().BeNull();
        block.State()["branch2.0.bn.weight"].grad.Should().NotBeNull();
    }

    [Fact]
    public void Frozen_parameters_of_a_norm_that_still_counts_get_no_gradient()
    {
        using var scope = NewDisposeScope();
        using var model = GoogLeNet.Create(3, Tiny.Spec(), seed: 1);
        model.Freeze("inception3a.branch1.bn.weight", "inception3a.branch2.0.bn.bias");
        model.train();

        model.call(Arrays.NoiseTensor(1, 4, 3, 8, 8)).Logits.sum().backward();

        var state = model.State();
        state["inception3a.branch1.bn.weight"].grad.Should().BeNull();
        state["inception3a.branch2.0.bn.bias"].grad.Should().BeNull();
        state["inception3a.branch1.bn.bias"].grad.Should().NotBeNull();
        state["inception3a.branch1.bn.num_batches_tracked"].Longs().Should().Equal(1);
    }

    [Fact]
    public void Modes_and_evaluations_leave_frozen_norms_still()
    {
        using var model = GoogLeNet.Create(3, Tiny.Spec(), seed: 1);
        using var data = Tiny.Noise(6);
        TorchSharp.Modules.BatchNorm2d[] Norms() => [.. model.modules().OfType<TorchSharp.Modules.BatchNorm2d>()];
        model.train();
        model.Freeze("inception3a");
        var frozen = Norms().Where(norm => !norm.training).ToList();

        frozen.Should().HaveCount(6, "a block has six convolutions");
        new Evaluator(model).Evaluate(data);
        model.training.Should().BeTrue();
        Norms().Where(norm => !norm.training).Should().Equal(frozen);
        model.eval();
        Norms().Should().OnlyContain(norm => !norm.training);
        model.train();
        Norms().Where(norm => !norm.training).Should().Equal(frozen);
        model.Unfreeze("inception3a.branch1");
        Norms().Count(norm => !norm.training).Should().Be(5);
        model.Unfreeze();
        Norms().Should().OnlyContain(norm => norm.training);
        model.parameters().Should().OnlyContain(parameter => parameter.requires_grad);
    }

    [Fact]
    public void What_is_frozen_stays_so_in_another_type()
    {
        using var model = GoogLeNet.Create(3, Tiny.Spec(), seed: 1);
        model.Freeze("conv1", "aux1");

        model.to(ScalarType.Float64).train();

        model.named_parameters().Where(named => !named.parameter.requires_grad).Select(named => named.name)
            .Should().BeEquivalentTo(model.named_parameters().Select(named => named.name).Where(name => name.StartsWith("conv1.") || name.StartsWith("aux1.")));
        model.modules().OfType<TorchSharp.Modules.BatchNorm2d>().Count(norm => !norm.training).Should().Be(2);
    }

    [Fact]
    public void A_norm_without_parameters_is_frozen_by_its_statistics()
    {
        using var model = MultiHeadModel.Wrap(Sequential(("bn", BatchNorm2d(3, affine: false)), ("flatten", Flatten()), ("fc", Linear(12, 3))), 3, 2);
        model.Freeze("bn");
        model.train();

        model.call(Arrays.NoiseTensor(1, 4, 3, 2, 2)).Dispose();

        model.State()["bn.running_mean"].Floats().Should().Equal(0, 0, 0);
    }

    [Fact]
    public void A_frozen_run_is_resumed_bit_for_bit_where_the_same_is_frozen()
    {
        using var folder = new TestFolder();
        using var data = Tiny.Noise(20);
        History Run(int epochs, string? from, bool freeze = true)
        {
            using var model = GoogLeNet.Create(3, Tiny.Spec(), seed: 1);
            if (freeze)
            {
                model.Freeze("conv1", "inception3a");
            }

            using var source = new CancellationTokenSource();
            return new MultiHeadTrainer(model, Options with { CheckpointFolder = folder.Path, Callbacks = [new StopAfter(epochs)] }).Fit(data, resumeFrom: from);
        }

        var expected = Run(2, null);
        Run(1, null);
        var resumed = Run(2, folder.Last);

        resumed.Epochs.SelectMany(epoch => epoch.Train).Should().Equal(expected.Epochs.SelectMany(epoch => epoch.Train));
        FluentActions.Invoking(() => Run(2, folder.Last, freeze: false)).Should().Throw<ModelFileException>().WithMessage("*last.safetensors does not fit the model: 'optimizer.velocity' *");
    }

    [Fact]
    public void Patterns_that_match_nothing_and_runs_with_nothing_to_train_are_refused()
    {
        using var model = GoogLeNet.Create(3, Tiny.Spec());
        using var data = Tiny.Noise(20);

        model.Invoking(m => m.Freeze("conv1", "inception9?")).Should().Throw<ArgumentException>()
            .WithMessage("No state key matches 'inception9?'; they start with conv1, inception3a, aux1, inception3b, aux2, fc.*");
        model.parameters().Should().OnlyContain(parameter => parameter.requires_grad, "nothing has changed");
        model.Invoking(m => m.Freeze()).Should().Throw<ArgumentException>().WithMessage("There is no pattern of what to freeze.*");
        model.Invoking(m => m.Unfreeze("x")).Should().Throw<ArgumentException>();
        model.Freeze("*");
        new MultiHeadTrainer(model, Options).Invoking(t => t.Fit(data)).Should().Throw<ArgumentException>().WithMessage("Every parameter is frozen; there is nothing to train.*");
    }

    private static Dictionary<string, float[]> Bytes(MultiHeadModel model) => model.State().ToDictionary(
        entry => entry.Key, entry => entry.Value.dtype == ScalarType.Int64 ? [.. entry.Value.Longs().Select(value => (float)value)] : entry.Value.Floats());

    private sealed class StopAfter(int epochs) : ITrainingCallback
    {
        public TrainingRequests Observe(TrainingEvent value) => value is EpochEvent { Record.Epoch: var epoch } && epoch == epochs ? TrainingRequests.Stop : TrainingRequests.None;
    }
}
