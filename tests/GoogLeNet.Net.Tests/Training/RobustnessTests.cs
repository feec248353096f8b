using FluentAssertions;
using Inception.Data;
using Inception.Tests.Torch;
using Inception.Training;
using Xunit;
using static TorchSharp.torch;

namespace Inception.Tests.Training;

[Collection(TorchCollection.Name)]
public sealed class RobustnessTests
{
    // 0.01 in the first epoch, 1e28 in the second.
    private static readonly TrainerOptions Exploding = new() { Epochs = 3, BatchSize = 4, Schedule = new TutorialStepDecay(1e-32, 1e30, 1) };

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_run_that_diverges_says_where_and_keeps_its_last_good_checkpoint(bool withProgress)
    {
        using var folder = new TestFolder();
        using var data = Tiny.Noise(16);
        using var model = GoogLeNet.Create(3, Tiny.Spec());
        byte[]? good = null;
        var watched = new WatchedDataset(data, batch => good = batch == 5 ? File.ReadAllBytes(folder.Last) : good);

        var thrown = new MultiHeadTrainer(model, Exploding with { CheckpointFolder = folder.Path, Callbacks = withProgress ? [new Recorder()] : [] })
            .Invoking(t => t.Fit(watched)).Should().Throw<TrainingDivergedException>().Which;

        thrown.Epoch.Should().Be(2);
        thrown.Step.Should().Be(2, "the first step at the high rate leaves weights that the second cannot use, whenever it is noticed");
        thrown.LearningRate.Should().BeApproximately(1e28, 1e20);
        thrown.Message.Should().Match("The loss of head '*' is not a finite number in epoch 2, step ?, at learning rate 1E+28; try a lower rate.");
        File.ReadAllBytes(folder.Last).Should().Equal(good);
    }

    [Fact]
    public void The_learning_rate_in_the_message_is_that_of_the_step_not_of_the_moment_in_which_it_was_noticed()
    {
        using var data = Tiny.Noise(16);
        using var model = GoogLeNet.Create(3, Tiny.Spec());
        var options = Exploding with { Schedule = new DelegateSchedule(position => position is { Epoch: 1, Step: 0 } ? 1e28 : (position.Step + 1) / 100.0, "exploding") };

        var thrown = new MultiHeadTrainer(model, options).Invoking(t => t.Fit(data)).Should().Throw<TrainingDivergedException>().Which;

        (thrown.Epoch, thrown.Step, thrown.LearningRate).Should().Be((2, 2, 0.02), "step 1 of epoch 2 leaves weights that step 2 cannot use");
    }

    [Fact]
    public void A_diverged_run_that_is_cancelled_keeps_its_last_good_checkpoint()
    {
        using var folder = new TestFolder();
        using var data = Tiny.Noise(16);
        using var model = GoogLeNet.Create(3, Tiny.Spec());
        using var source = new CancellationTokenSource();
        byte[]? good = null;
        var watched = new WatchedDataset(data, batch =>
        {
            good = batch == 5 ? File.ReadAllBytes(folder.Last) : good;
            if (batch == 7)
            {
                source.Cancel();
            }
        });

        new MultiHeadTrainer(model, Exploding with { CheckpointFolder = folder.Path })
            .Invoking(t => t.Fit(watched, cancellationToken: source.Token)).Should().Throw<TrainingDivergedException>();

        File.ReadAllBytes(folder.Last).Should().Equal(good);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_divergence_that_only_validation_sees_is_reported_too(bool withFolder)
    {
        using var folder = new TestFolder();
        using var data = Tiny.Noise(4, size: 2);
        using var model = new LinearModel(12, 3, Tiny.ThreeHeads);
        var options = new TrainerOptions
        {
            Epochs = 1,
            BatchSize = 4,
            Schedule = new StepDecay(3e38, 1, 1),
            TrainTransforms = [new Normalize([0, 0, 0], [1, 1, 1])],
            ValidationTransforms = [new Normalize([0, 0, 0], [1, 1, 1])],
            CheckpointFolder = withFolder ? folder.Path : null,
        };

        new MultiHeadTrainer(model, options).Invoking(t => t.Fit(data, data)).Should().Throw<TrainingDivergedException>()
            .Which.Epoch.Should().Be(1);
        Directory.GetFiles(folder.Path).Should().BeEmpty();
    }

    [Fact]
    public void A_checkpoint_folder_that_does_not_exist_is_made()
    {
        using var folder = new TestFolder();
        var inner = Path.Combine(folder.Path, "runs", "1");
        using var data = Tiny.Noise(4, size: 2);
        using var model = new LinearModel(12, 3, Tiny.ThreeHeads);

        new MultiHeadTrainer(model, new TrainerOptions { Epochs = 1, BatchSize = 4, CheckpointFolder = inner }).Fit(data);

        Directory.GetFiles(inner).Should().HaveCount(2);
    }

    [Fact]
    public void A_checkpoint_folder_that_cannot_be_made_is_refused_before_the_first_step()
    {
        using var folder = new TestFolder();
        var file = Path.Combine(folder.Path, "file");
        File.WriteAllText(file, "");
        using var data = Tiny.Noise(4, size: 2);
        using var model = new LinearModel(12, 3, Tiny.ThreeHeads);
        var before = model.Weight(0);

        new MultiHeadTrainer(model, new TrainerOptions { Epochs = 1, BatchSize = 4, CheckpointFolder = Path.Combine(file, "x") })
            .Invoking(t => t.Fit(data)).Should().Throw<IOException>();

        model.Weight(0).Should().Equal(before);
    }

    [Fact]
    public void Transforms_and_schedules_of_ones_own_can_be_used_with_checkpoints()
    {
        using var folder = new TestFolder();
        using var data = Tiny.Noise(4, size: 2);
        using var model = new LinearModel(12, 3, Tiny.ThreeHeads);
        var options = new TrainerOptions { Epochs = 1, BatchSize = 4, CheckpointFolder = folder.Path, TrainTransforms = [new Invert()], Schedule = new Warmup(new Sequence(new SequencePart(new Constant(0.1), 1)), epochs: 1, startFactor: 0.5) };

        new MultiHeadTrainer(model, options).Fit(data);

        File.Exists(folder.Last).Should().BeTrue();
    }

    [Fact]
    public void A_thousand_steps_leave_no_tensors_behind()
    {
        using var data = Tiny.Noise(40);
        using var few = Tiny.Noise(6);
        using var model = GoogLeNet.Create(3, Tiny.Spec());
        var options = new TrainerOptions
        {
            Epochs = 50,
            BatchSize = 2,
            MicroBatchSize = 1,
            TopK = 2,
            Clipping = new ClipByNorm(1),
            Averaging = new ExponentialAverage(0.9),
            EarlyStopping = new EarlyStopping(50),
            Callbacks = [new Recorder()],
            TrainTransforms = [new RandomCrop(1), new HorizontalFlip(), new Resize(8), new Normalize([120, 120, 120], [60, 60, 60])],
        };
        var trainer = new MultiHeadTrainer(model, options);
        new MultiHeadTrainer(model, options with { Epochs = 1 }).Fit(data, few);
        LiveTensors.Settle();
        var before = Tensor.TotalCount;

        trainer.Fit(data, few);
        (Tensor.TotalCount - before).Should().Be(0, "Fit");
        trainer.Evaluate(data);
        (Tensor.TotalCount - before).Should().Be(0, "Evaluate");
    }

    [Fact]
    public void A_model_can_be_trained_twice()
    {
        using var data = Tiny.Separable(60, seed: 1);
        using var model = GoogLeNet.Create(3, Tiny.Spec(dropout: 0));
        var trainer = new MultiHeadTrainer(model, new TrainerOptions { Epochs = 2, BatchSize = 10 });

        var first = trainer.Fit(data);
        var second = trainer.Fit(data);

        second.Epochs[0].Train[0].Loss.Should().BeLessThan(first.Epochs[0].Train[0].Loss);
    }

    private sealed record Invert : IBatchTransform
    {
        public Tensor Apply(Tensor images, BatchContext context) => images.to(ScalarType.Float32).div(-255);
    }

    private sealed record Constant(double Rate) : ILearningRateSchedule
    {
        public double At(TrainingPosition position) => Rate;
    }
}
