using FluentAssertions;
using Inception.Data;
using Inception.Training;
using Xunit;

namespace Inception.Tests.Distributed;

/// <summary>Several processes train the network that one process trains, up to the rounding of sums.</summary>
[Collection(TorchCollection.Name)]
public sealed class SameNetworkTests : SharedRun
{
    private const double Rounding = 1e-5;

    public static TheoryData<TrainerOptions, string> Parts => new()
    {
        { Options with { ClassWeights = [1, 2, 0.5] }, "class weights, whose sum is all processes'" },
        { Options with { BatchSize = 6, MicroBatchSize = 3 }, "batches in parts" },
        { Options with { BatchSize = 6, MicroBatchSize = 2, ClassWeights = [1, 2, 0.5] }, "batches in parts with class weights" },
        { Options with { Mixup = new Mixup(0.5) }, "partners of other processes" },
        { Options with { Mixup = new Mixup(0.5), ClassWeights = [1, 2, 0.5], Sampling = new BalancedSampling() }, "partners with weights, images that come twice" },
        { Options with { Clipping = new ClipByNorm(0.1), Averaging = new ExponentialAverage(0.8), TopK = 2, Metrics = [new MacroRecall()] }, "clipping, averages, metrics" },
        { Options with { EarlyStopping = new EarlyStopping(1, WatchedMetric.Loss) }, "early stopping" },
        { Options with { Resizing = new ProgressiveResizing([new ResizingStage(6, 0.5)]) }, "images of another size" },
    };

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void A_network_without_batch_normalization_is_the_same(int size) => IsTheSame(size, WithoutNorms, Options, "dropout, crops and order are those of the batch");

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void A_network_with_synchronized_batch_normalization_is_the_same(int size) => IsTheSame(size, WithNorms, Options, "statistics are those of the batch");

    [Theory]
    [MemberData(nameof(Parts))]
    public void Every_option_means_the_same(TrainerOptions options, string reason)
    {
        IsTheSame(2, WithoutNorms, options, reason);
        IsTheSame(4, WithNorms, options, reason);
    }

    [Fact]
    public void Without_synchronization_the_processes_still_have_one_network()
    {
        var each = Together(3, WithNorms, Options with { SynchronizeBatchNorm = false });

        AreOne(each);
        Difference(Alone(WithNorms, Options).Weights, each[0].Weights).Should().BeInRange(1e-4, 1, "statistics are each process's own");
    }

    [Theory]
    [InlineData(2, 2)]
    [InlineData(2, 3)]
    [InlineData(4, 1)]
    public void A_run_is_resumed_with_any_number_of_processes(int before, int after)
    {
        var options = Options with { Averaging = new ExponentialAverage(0.8), Optimizer = new SgdOptions { Momentum = 0.9 } };
        var uninterrupted = Together(before, WithNorms, options);
        var stop = new StopAt(8);
        Together(before, WithNorms, options with { CheckpointFolder = Folder.Path, Callbacks = [stop] })[0].History.Epochs.Should().HaveCount(1);

        var resumed = after == 1 ? [Alone(WithNorms, options, Folder.Last)] : Together(after, WithNorms, options, Folder.Last);

        AreOne(resumed);
        if (before == after)
        {
            resumed[0].Weights.Should().Equal(uninterrupted[0].Weights, "on the same number of processes it is bit for bit the same");
            resumed[0].Losses.Should().Equal(uninterrupted[0].Losses);
        }

        Difference(uninterrupted[0].Weights, resumed[0].Weights).Should().BeLessThan(Rounding);
        Difference(uninterrupted[0].Losses, resumed[0].Losses).Should().BeLessThan(Rounding);
    }

    [Fact]
    public void A_learning_rate_search_finds_the_same()
    {
        LearningRateSearch Find(Collective? collective)
        {
            using var model = GoogLeNet.Create(3, WithNorms, seed: (collective?.Rank ?? 0) + 1);
            return new MultiHeadTrainer(model, Options with { Collective = collective }).FindLearningRate(Train, 1e-4, 1e-2, steps: 10);
        }

        var (each, _) = ThreadCollective.Run(2, Find);

        var expected = Find(null).Points.Select(point => point.Loss).ToArray();
        each.Select(outcome => Difference(expected, [.. outcome.Value!.Points.Select(point => point.Loss)])).Should().AllSatisfy(difference => difference.Should().BeLessThan(Rounding));
    }

    [Fact]
    public void An_evaluation_is_shared()
    {
        IReadOnlyList<HeadMetrics> Evaluate(Collective? collective)
        {
            using var model = GoogLeNet.Create(3, WithNorms, seed: 1);
            return new MultiHeadTrainer(model, Options with { Collective = collective }).Evaluate(Validation);
        }

        var (each, _) = ThreadCollective.Run(4, Evaluate);

        var expected = Evaluate(null);
        each.Should().AllSatisfy(outcome => outcome.Value!.Select(head => head.Accuracy).Should().Equal(expected.Select(head => head.Accuracy)));
        Difference([.. expected.Select(head => head.Loss)], [.. each[3].Value!.Select(head => head.Loss)]).Should().BeLessThan(Rounding);
    }

    [Fact]
    public void One_process_of_one_is_alone()
    {
        var alone = Alone(WithNorms, Options);

        var together = Together(1, WithNorms, Options)[0];

        together.Weights.Should().Equal(alone.Weights, "nothing is shared");
        together.Losses.Should().Equal(alone.Losses);
    }

    private void IsTheSame(int size, GoogLeNetSpec spec, TrainerOptions options, string reason)
    {
        var expected = Alone(spec, options);

        var each = Together(size, spec, options);

        AreOne(each);
        each[0].History.Epochs.Should().HaveCount(expected.History.Epochs.Count, reason);
        Difference(expected.Losses, each[0].Losses).Should().BeLessThan(Rounding, reason);
        Difference(expected.Weights, each[0].Weights).Should().BeLessThan(Rounding, reason);
        each[0].Accuracies.Should().Equal(expected.Accuracies, reason);
        if (expected.Buffers.Length > 0)
        {
            Difference(expected.Buffers, each[0].Buffers).Should().BeLessThan(Rounding, reason);
        }
    }

    private sealed class StopAt(int step) : ITrainingCallback
    {
        private int steps;

        public TrainingRequests Observe(TrainingEvent value) => value is StepEvent && ++steps == step ? TrainingRequests.Stop : TrainingRequests.None;
    }
}
