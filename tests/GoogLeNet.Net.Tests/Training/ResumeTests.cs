using FluentAssertions;
using Inception.Training;
using Xunit;

namespace Inception.Tests.Training;

/// <summary>Cancelled and resumed, a run is bit for bit the one that was never interrupted.</summary>
[Collection(TorchCollection.Name)]
public sealed class ResumeTests : InterruptedRun
{
    public static TheoryData<TrainerOptions, string> Parts => new()
    {
        { Options with { Optimizer = new AdamWOptions() }, "both means of AdamW, and its steps" },
        { Options with { Averaging = new ExponentialAverage(0.8) }, "the moving average" },
        { Options with { Averaging = new PolyakAverage(startAt: 0.3), TopK = 2 }, "the mean and its count" },
        { Options with { EarlyStopping = new EarlyStopping(1) }, "the best weights so far, and when to stop" },
        { Options with { EarlyStopping = new EarlyStopping(1, WatchedMetric.Loss), Averaging = new ExponentialAverage(0.5) }, "the best averaged weights" },
        { Options with { MicroBatchSize = 1, Clipping = new ClipByNorm(0.1) }, "batches in parts, clipped" },
        {
            Options with { Precision = Precision.BFloat16, EarlyStopping = new EarlyStopping(1), Averaging = new ExponentialAverage(0.5), MicroBatchSize = 1 },
            "float32 weights beneath the bfloat16 ones"
        },
    };

    [Theory]
    [InlineData(1, 0, "in the middle of the first epoch")]
    [InlineData(8, 0, "in the middle of the second")]
    [InlineData(5, 0, "after an epoch's last step, before its validation")]
    [InlineData(15, 0, "after the very last step")]
    [InlineData(0, 1, "in the first validation")]
    [InlineData(0, 5, "in the second, which takes three batches")]
    public void A_resumed_run_equals_the_uninterrupted_one(int cancelAtTrainBatch, int cancelAtValidationBatch, string reason) =>
        ResumedEqualsUninterrupted(Options, cancelAtTrainBatch, cancelAtValidationBatch, reason);

    [Theory]
    [MemberData(nameof(Parts))]
    public void Every_part_of_the_state_is_resumed(TrainerOptions part, string reason)
    {
        ResumedEqualsUninterrupted(part, cancelAtTrainBatch: 8, cancelAtValidationBatch: 0, reason);
        ResumedEqualsUninterrupted(part, cancelAtTrainBatch: 0, cancelAtValidationBatch: 4, reason);
    }

    [Fact]
    public void A_run_killed_after_an_epoch_is_resumed_from_its_checkpoint()
    {
        var copy = Path.Combine(Folder.Path, "copy.safetensors");
        using var uninterrupted = new TestFolder();
        var recorder = new Recorder(e =>
        {
            if (e is CheckpointEvent { IsBest: false } checkpoint && !File.Exists(copy))
            {
                File.Copy(checkpoint.Path, copy);
            }
        });
        var expected = Run(uninterrupted, seed: 1, progress: recorder);

        var history = Run(Folder, seed: 99, resumeFrom: copy);

        Metrics(history).Should().Equal(Metrics(expected));
        Same(Folder.Last, uninterrupted.Last, "epoch 1's checkpoint holds all");
    }

    [Fact]
    public void A_finished_run_is_resumed_to_its_history()
    {
        var expected = Run(Folder, seed: 1);
        var again = Run(Folder, seed: 2, resumeFrom: Folder.Last);

        Metrics(again).Should().Equal(Metrics(expected));
        again.Epochs.Select(epoch => epoch.Seconds).Should().Equal(expected.Epochs.Select(epoch => epoch.Seconds));
    }

    [Fact]
    public void Cancellation_ends_after_the_step_at_hand_and_leaves_a_checkpoint()
    {
        Cancelled(cancelAtTrainBatch: 2, cancelAtValidationBatch: 0);

        var file = SafeTensorsFile.Read(Folder.Last);
        file.Metadata["position"].Should().MatchRegex("\"epoch\": 0,\\s+\"step\": 2,\\s+\"images\": 10,");
        File.Exists(Folder.Best).Should().BeFalse();
        Directory.GetFiles(Folder.Path).Should().Equal(Folder.Last);
    }

    [Fact]
    public void Without_a_checkpoint_folder_cancellation_leaves_no_files()
    {
        using var source = new CancellationTokenSource();
        var watched = new WatchedDataset(Train, _ => source.Cancel());
        using var model = Model(1);

        new MultiHeadTrainer(model, Options).Invoking(t => t.Fit(watched, cancellationToken: source.Token)).Should().Throw<OperationCanceledException>();
        new MultiHeadTrainer(model, Options).Invoking(t => t.Evaluate(watched, source.Token)).Should().Throw<OperationCanceledException>();
    }

    [Fact]
    public void Two_runs_with_one_seed_are_one_run()
    {
        using var second = new TestFolder();
        Run(Folder, seed: 1);
        Run(second, seed: 1);

        Same(Folder.Last, second.Last, "nothing but the seed decides");
    }

    private void ResumedEqualsUninterrupted(TrainerOptions options, int cancelAtTrainBatch, int cancelAtValidationBatch, string reason)
    {
        using var uninterrupted = new TestFolder();
        var expected = Run(uninterrupted, seed: 1, options: options);

        Cancelled(cancelAtTrainBatch, cancelAtValidationBatch, options);
        var history = Run(Folder, seed: 99, resumeFrom: Folder.Last, options: options);

        Metrics(history).Should().Equal(Metrics(expected), reason);
        Same(Folder.Last, uninterrupted.Last, reason);
    }

    private static IEnumerable<(int Epoch, double Rate, string Head, double Loss, double Accuracy)> Metrics(History history) =>
        history.Epochs.SelectMany(epoch => epoch.Train.Concat(epoch.Validation).Concat(epoch.Averaged ?? [])
            .Select(head => (epoch.Epoch, epoch.LearningRate, head.Head, head.Loss, head.Accuracy)));

    private static void Same(string path, string expectedPath, string reason)
    {
        var (tensors, expected) = (SafeTensorsFile.Read(path).Tensors, SafeTensorsFile.Read(expectedPath).Tensors);
        tensors.Keys.Should().BeEquivalentTo(expected.Keys);
        foreach (var (name, tensor) in expected)
        {
            tensors[name].Data.Span.SequenceEqual(tensor.Data.Span).Should().BeTrue($"{name}: {reason}");
        }
    }
}
