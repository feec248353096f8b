using FluentAssertions;
using Inception.Training;
using Xunit;

namespace Inception.Tests.Training;

[Collection(TorchCollection.Name)]
public sealed class ProgressTests
{
    [Fact]
    public void Each_epoch_reports_its_last_step_then_itself_then_its_checkpoints()
    {
        using var folder = new TestFolder();
        using var data = Tiny.Noise(10, size: 2);
        using var model = new LinearModel(12, 3, Tiny.ThreeHeads);
        var recorder = new Recorder();
        var options = new TrainerOptions { Epochs = 3, BatchSize = 4, Schedule = new TutorialStepDecay(0.1, 0.5, 1), CheckpointFolder = folder.Path };

        var history = new MultiHeadTrainer(model, options with { Callbacks = [recorder] }).Fit(data);

        var epochs = recorder.Events.OfType<EpochEvent>().ToList();
        epochs.Select(e => e.Record.Epoch).Should().Equal(1, 2, 3);
        epochs.Select(e => e.Record).Should().Equal(history.Epochs);
        epochs.Should().OnlyContain(e => e.Epochs == 3);
        for (var epoch = 1; epoch <= 3; epoch++)
        {
            var at = recorder.Events.FindIndex(e => e is EpochEvent { Record: var record } && record.Epoch == epoch);
            var step = recorder.Events[at - 1].Should().BeOfType<StepEvent>().Subject;
            (step.Epoch, step.Epochs, step.Step, step.Steps).Should().Be((epoch, 3, 3, 3));
            step.LearningRate.Should().BeApproximately(0.1 * Math.Pow(0.5, epoch), 1e-12);
            step.Metrics.Should().Equal(epochs[epoch - 1].Record.Train);

            // Without validation the newest is the best.
            recorder.Events[at + 1].Should().Be(new CheckpointEvent(folder.Best, IsBest: true));
            recorder.Events[at + 2].Should().Be(new CheckpointEvent(folder.Last, IsBest: false));
        }
    }

    [Fact]
    public void Speed_and_remaining_time_follow_from_the_steps_so_far()
    {
        // 4 epochs of 10 steps of 8 images, 24 images of validation.
        var clock = new RunClock(new TrainerOptions { Epochs = 4 }, stepsPerEpoch: 10, trainImages: 80, validationImages: 24);
        clock.ImagesPerSecond.Should().Be(0);
        clock.StepTaken(TimeSpan.FromSeconds(5));
        clock.Remaining(0, 1).Should().BeNull("the first step is slower than the others and says nothing");
        foreach (var seconds in new[] { 1, 2, 3 })
        {
            clock.StepTaken(TimeSpan.FromSeconds(seconds));
        }

        clock.ImagesPerSecond.Should().BeApproximately(4, 1e-12, "8 images in 2 seconds on average");

        // 36 steps of 2 s, and 4 validations as long as 3 forward passes, each a third of a step.
        clock.Remaining(0, 4)!.Value.TotalSeconds.Should().BeApproximately(72 + (4 * 2), 1e-6);
        clock.ValidationTook(TimeSpan.FromSeconds(7));
        clock.Remaining(1, 0)!.Value.TotalSeconds.Should().BeApproximately(60 + (3 * 7), 1e-6);
        clock.Remaining(3, 10)!.Value.TotalSeconds.Should().BeApproximately(7, 1e-6, "the last validation");
    }

    [Fact]
    public void Events_carry_speed_and_remaining_time()
    {
        using var data = Tiny.Noise(64);
        using var model = GoogLeNet.Create(3, Tiny.Spec());
        var recorder = new Recorder();

        var history = new MultiHeadTrainer(model, new TrainerOptions { Epochs = 4, BatchSize = 8, Callbacks = [recorder] }).Fit(data, data);

        var ends = recorder.Events.OfType<StepEvent>().Where(e => e.Step == e.Steps).ToList();
        ends.Should().HaveCount(4).And.OnlyContain(e => e.ImagesPerSecond > 0 && e.Remaining >= TimeSpan.Zero);
        history.Epochs.Should().OnlyContain(epoch => epoch.Seconds > 0 && epoch.TrainImagesPerSecond > 0);
    }

    [Fact]
    public void Before_the_second_step_nothing_is_said_about_the_remaining_time()
    {
        using var data = Tiny.Noise(4, size: 2);
        using var model = new LinearModel(12, 3, Tiny.ThreeHeads);
        var recorder = new Recorder();

        new MultiHeadTrainer(model, new TrainerOptions { Epochs = 1, BatchSize = 4, Callbacks = [recorder] }).Fit(data);

        recorder.Events.OfType<StepEvent>().Should().ContainSingle().Which.Remaining.Should().BeNull();
    }

    [Fact]
    public void The_best_checkpoint_is_written_when_validation_accuracy_has_risen()
    {
        using var folder = new TestFolder();
        using var train = Tiny.Noise(12, size: 2);
        using var validation = Tiny.Noise(9, size: 2, seed: 5);
        using var model = new LinearModel(12, 3, Tiny.ThreeHeads);
        var recorder = new Recorder();
        var options = new TrainerOptions { Epochs = 12, BatchSize = 4, Schedule = new StepDecay(0.5, 1, 1), CheckpointFolder = folder.Path };

        var history = new MultiHeadTrainer(model, options with { Callbacks = [recorder] }).Fit(train, validation);

        var best = double.NegativeInfinity;
        var rises = history.Epochs.Count(epoch => epoch.Validation[0].Accuracy > best && (best = epoch.Validation[0].Accuracy) >= 0);
        recorder.Events.OfType<CheckpointEvent>().Count(e => e.IsBest).Should().Be(rises).And.BeLessThan(12);
        recorder.Events.OfType<CheckpointEvent>().Count(e => !e.IsBest).Should().Be(12);
    }
}
