using FluentAssertions;
using Inception.Data;
using Inception.Training;
using Xunit;

namespace Inception.Tests.Training;

/// <summary>Callbacks see every event and are given what they ask for.</summary>
[Collection(TorchCollection.Name)]
public sealed class CallbackTests : IDisposable
{
    private static readonly TrainerOptions Options = new() { Epochs = 3, BatchSize = 4, Schedule = new TutorialStepDecay(0.1, 0.5, 1), TrainTransforms = [new ScaleToUnit()] };
    private readonly TestFolder folder = new();

    [Fact]
    public void Every_event_is_seen_in_order_every_step_included()
    {
        var seen = new List<string>();
        var callback = new Callback(value =>
        {
            seen.Add(value switch
            {
                EpochBegunEvent epoch => $"epoch {epoch.Epoch}/{epoch.Epochs} begins at step {epoch.Step}/{epoch.Steps}",
                StepEvent step => $"step {step.Epoch}.{step.Step}",
                EpochEvent epoch => $"epoch {epoch.Record.Epoch} ended",
                CheckpointEvent checkpoint => Path.GetFileNameWithoutExtension(checkpoint.Path),
                _ => "?",
            });
            return TrainingRequests.None;
        });

        Fit(Options with { Epochs = 2, Callbacks = [callback], CheckpointFolder = folder.Path });

        seen.Should().Equal(
            "epoch 1/2 begins at step 0/3", "step 1.1", "step 1.2", "step 1.3", "epoch 1 ended", "best", "last",
            "epoch 2/2 begins at step 0/3", "step 2.1", "step 2.2", "step 2.3", "epoch 2 ended", "best", "last");
    }

    [Fact]
    public void A_step_may_ask_to_save()
    {
        var written = 0;
        var callback = new Callback(value =>
        {
            written += value is CheckpointEvent ? 1 : 0;
            return value is StepEvent { Epoch: 1, Step: 2 } ? TrainingRequests.Save : TrainingRequests.None;
        });

        Fit(Options with { Epochs = 1, Callbacks = [callback], CheckpointFolder = folder.Path });

        written.Should().Be(3, "one after step 2, and the epoch's best and last");
    }

    [Fact]
    public void A_request_to_save_of_an_epochs_end_is_answered_by_that_ends_own_files()
    {
        var written = 0;
        var callback = new Callback(value =>
        {
            written += value is CheckpointEvent ? 1 : 0;
            return value is EpochEvent { Record.Epoch: 1 } ? TrainingRequests.Save : TrainingRequests.None;
        });

        Fit(Options with { Epochs = 2, Callbacks = [callback], CheckpointFolder = folder.Path });

        written.Should().Be(4, "best and last of each epoch, and none after the second one's first step");
    }

    [Theory]
    [InlineData(1, 2 + 3)]
    [InlineData(TimeSpan.TicksPerDay, 2)]
    public void The_last_is_written_within_an_epoch_whenever_it_is_older_than_the_interval(long ticks, int files)
    {
        // An epoch of three steps, each of which takes longer than 100 ns, and its end's best and last.
        var written = 0;
        var callback = new Callback(value =>
        {
            written += value is CheckpointEvent ? 1 : 0;
            return TrainingRequests.None;
        });

        Fit(Options with { Epochs = 1, Callbacks = [callback], CheckpointFolder = folder.Path, Checkpoints = new() { SaveInterval = TimeSpan.FromTicks(ticks) } });

        written.Should().Be(files);
    }

    [Fact]
    public void A_step_may_ask_to_stop_and_the_run_can_be_continued()
    {
        var stop = new Callback(value => value is StepEvent { Epoch: 2, Step: 2 } ? TrainingRequests.Stop : TrainingRequests.None);
        using var whole = new TestFolder();
        var expected = Fit(Options with { CheckpointFolder = whole.Path });

        var stopped = Fit(Options with { Callbacks = [stop], CheckpointFolder = folder.Path });
        var continued = Fit(Options with { CheckpointFolder = folder.Path }, resumeFrom: folder.Last);

        stopped.Epochs.Should().ContainSingle("the second epoch did not end");
        continued.Epochs.Select(epoch => epoch.Train[0]).Should().Equal(expected.Epochs.Select(epoch => epoch.Train[0]));
    }

    [Fact]
    public void The_end_of_an_epoch_may_ask_to_stop() =>
        Fit(Options with { Callbacks = [new Callback(value => value is EpochEvent { Record.Epoch: 2 } ? TrainingRequests.Stop : TrainingRequests.None)] })
            .Epochs.Should().HaveCount(2);

    [Fact]
    public void A_callback_that_fails_ends_the_run_with_its_own_exception()
    {
        var callback = new Callback(_ => throw new InvalidOperationException("mine"));

        FluentActions.Invoking(() => Fit(Options with { Callbacks = [callback] })).Should().Throw<InvalidOperationException>().WithMessage("mine");
    }

    [Fact]
    public void The_state_is_saved_before_a_callbacks_exception_reaches_the_caller_and_the_run_can_be_continued()
    {
        using var whole = new TestFolder();
        var expected = Fit(Options with { CheckpointFolder = whole.Path });
        var callback = new Callback(value => value is StepEvent { Epoch: 2, Step: 2 } ? throw new InvalidOperationException("mine") : TrainingRequests.None);

        FluentActions.Invoking(() => Fit(Options with { Callbacks = [callback], CheckpointFolder = folder.Path })).Should().Throw<InvalidOperationException>().WithMessage("mine");
        var continued = Fit(Options with { CheckpointFolder = folder.Path }, resumeFrom: folder.Last);

        SafeTensorsFile.Read(folder.Last).Metadata.Should().ContainKey("history");
        continued.Epochs.Select(epoch => epoch.Train[0]).Should().Equal(expected.Epochs.Select(epoch => epoch.Train[0]));
    }

    [Fact]
    public void A_callback_that_fails_at_an_epochs_end_takes_no_file_of_that_epoch_with_it()
    {
        var callback = new Callback(value => value is EpochEvent { Record.Epoch: 1 } ? throw new InvalidOperationException("mine") : TrainingRequests.None);
        var options = Options with { CheckpointFolder = folder.Path, Checkpoints = new() { EveryEpochs = 1 } };

        FluentActions.Invoking(() => Fit(options with { Callbacks = [callback] })).Should().Throw<InvalidOperationException>().WithMessage("mine");

        Directory.GetFiles(folder.Path).Select(Path.GetFileName).Should().BeEquivalentTo("best.safetensors", "last.safetensors", "epoch-0001.safetensors");
        Fit(options, resumeFrom: folder.Last).Epochs.Should().HaveCount(3);
    }

    [Fact]
    public void Early_stopping_ends_the_run_with_the_weights_of_the_best_epoch()
    {
        using var data = Tiny.Noise(12, size: 2);
        using var model = new LinearModel(12, 3, Tiny.ThreeHeads);
        List<float[]> weights = [];
        var watch = new Callback(value =>
        {
            if (value is EpochEvent)
            {
                weights.Add(model.Weight(0));
            }

            return TrainingRequests.None;
        });
        var options = Options with { Epochs = 40, Schedule = new StepDecay(2, 1, 1), EarlyStopping = new EarlyStopping(3, WatchedMetric.Loss), Callbacks = [watch] };

        using var other = Tiny.Noise(9, size: 2, seed: 4);
        var history = new MultiHeadTrainer(model, options).Fit(data, other);

        var losses = history.Epochs.Select(epoch => epoch.Validation[0].Loss).ToList();
        var best = losses.IndexOf(losses.Min());
        history.Epochs.Should().HaveCount(best + 4).And.HaveCountLessThan(40);
        model.Weight(0).Should().Equal(weights[best]);
    }

    [Fact]
    public void A_run_that_early_stopping_has_ended_does_not_go_on_when_it_is_resumed()
    {
        var options = Options with { Epochs = 40, Schedule = new ConstantRateOfZero(), EarlyStopping = new EarlyStopping(2), CheckpointFolder = folder.Path };
        var first = Fit(options);

        Fit(options, resumeFrom: folder.Last).Epochs.Should().HaveCount(first.Epochs.Count).And.HaveCount(3);
    }

    public void Dispose() => folder.Dispose();

    private static History Fit(TrainerOptions options, string? resumeFrom = null)
    {
        using var data = Tiny.Noise(10, size: 2);
        using var model = new LinearModel(12, 3, Tiny.ThreeHeads);
        return new MultiHeadTrainer(model, options).Fit(data, resumeFrom: resumeFrom);
    }

    private sealed class Callback(Func<TrainingEvent, TrainingRequests> observe) : ITrainingCallback
    {
        public TrainingRequests Observe(TrainingEvent value) => observe(value);
    }

    private sealed record ConstantRateOfZero : ILearningRateSchedule
    {
        public double At(TrainingPosition position) => 0;
    }
}
