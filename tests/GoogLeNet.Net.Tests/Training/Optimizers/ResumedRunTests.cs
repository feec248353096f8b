using FluentAssertions;
using Inception.Data;
using Inception.Tests.Docs;
using Inception.Training;
using Xunit;

namespace Inception.Tests.Training.Optimizers;

/// <summary>Cancelled and resumed, a run is bit for bit the one that was never interrupted, whatever the optimizer.</summary>
[Collection(TorchCollection.Name)]
public sealed class ResumedRunTests : IDisposable
{
    private readonly TestFolder uninterrupted = new();
    private readonly TestFolder interrupted = new();
    private readonly TensorDataset train = Tiny.Noise(22);

    public static TheoryData<string, OptimizerOptions> Optimizers => new()
    {
        { "AdamW", new AdamWOptions() },
        { "decoupled decay", new SgdOptions { WeightDecay = 0.01, DecoupledWeightDecay = true, Groups = ParameterGroup.DoubleRateOnBiases } },
        { "one's own", new RmsPropOptions { Decay = 0.8 } },
    };

    [Theory]
    [MemberData(nameof(Optimizers))]
    public void A_resumed_run_equals_the_uninterrupted_one(string name, OptimizerOptions optimizer)
    {
        Fit(optimizer, uninterrupted, train);
        using var source = new CancellationTokenSource();
        var watched = new WatchedDataset(train, batch => Cancel(source, batch == 3));
        FluentActions.Invoking(() => Fit(optimizer, interrupted, watched, token: source.Token)).Should().Throw<OperationCanceledException>();

        Fit(optimizer, interrupted, train, resumeFrom: interrupted.Last);

        var (actual, expected) = (SafeTensorsFile.Read(interrupted.Last).Tensors, SafeTensorsFile.Read(uninterrupted.Last).Tensors);
        actual.Keys.Should().BeEquivalentTo(expected.Keys);
        expected.Where(entry => !Same(entry.Value, actual[entry.Key])).Select(entry => entry.Key).Should().BeEmpty(name);
    }

    [Fact]
    public void Another_optimizer_does_not_continue_the_run()
    {
        Fit(new AdamWOptions(), interrupted, train);

        FluentActions.Invoking(() => Fit(new SgdOptions(), interrupted, train, resumeFrom: interrupted.Last)).Should().Throw<ModelFileException>()
            .WithMessage($"{interrupted.Last} was written with other options: optimizer.");
    }

    [Fact]
    public void Other_settings_of_ones_own_optimizer_do_not_continue_the_run()
    {
        Fit(new RmsPropOptions { Decay = 0.8 }, interrupted, train);

        FluentActions.Invoking(() => Fit(new RmsPropOptions { Decay = 0.9 }, interrupted, train, resumeFrom: interrupted.Last)).Should().Throw<ModelFileException>()
            .WithMessage($"{interrupted.Last} was written with other options: optimizer.");
    }

    [Fact]
    public void State_under_a_key_that_could_be_the_networks_is_refused() =>
        FluentActions.Invoking(() => Fit(new MisnamedOptions(), interrupted, train)).Should().Throw<InvalidOperationException>()
            .WithMessage("The state of Misnamed has the key 'fc.weight'; keys must begin with 'optimizer.', which tells them from the network's in checkpoints.");

    private sealed record MisnamedOptions : OptimizerOptions
    {
        public override FlatOptimizer Create(FlatParameters parameters) => new Misnamed(parameters);
    }

    private sealed class Misnamed(FlatParameters parameters) : FlatOptimizer(parameters)
    {
        public override IReadOnlyList<(string Key, TorchSharp.torch.Tensor Tensor)> State => [("fc.weight", Parameters.Values)];

        public override void Dispose()
        {
        }

        protected override void Update(double learningRate)
        {
        }
    }

    public void Dispose()
    {
        uninterrupted.Dispose();
        interrupted.Dispose();
        train.Dispose();
    }

    private static bool Same(SafeTensor one, SafeTensor other) => one.Data.Span.SequenceEqual(other.Data.Span);

    private static void Cancel(CancellationTokenSource source, bool isDue)
    {
        if (isDue)
        {
            source.Cancel();
        }
    }

    private static void Fit(OptimizerOptions optimizer, TestFolder folder, IImageDataset data, string? resumeFrom = null, CancellationToken token = default)
    {
        using var model = GoogLeNet.Create(3, Tiny.Spec(), seed: resumeFrom is null ? 1 : 99);
        var options = new TrainerOptions { Epochs = 2, BatchSize = 5, Schedule = new Triangular(0.01), Optimizer = optimizer, CheckpointFolder = folder.Path };
        new MultiHeadTrainer(model, options).Fit(data, cancellationToken: token, resumeFrom: resumeFrom);
    }
}
