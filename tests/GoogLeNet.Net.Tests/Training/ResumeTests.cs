using FluentAssertions;
using Inception.Data;
using Inception.Data.Transforms;
using Inception.Serialization;
using Inception.Training;
using Inception.Training.Averaging;
using Inception.Training.Callbacks;
using Inception.Training.Optimizers;
using Inception.Training.Schedules;
using Xunit;

namespace Inception.Tests.Training;

/// <summary>Cancelled and resumed, a run is bit for bit the one that was never interrupted.</summary>
[Collection(TorchCollection.Name)]
public sealed class ResumeTests : IDisposable
{
    // 22 images in batches of 5: 5 steps an epoch, the last one of 2 images.
    private static readonly TrainerOptions Options = new()
    {
        Epochs = 3,
        BatchSize = 5,
        Schedule = new Triangular(0.05),
        Optimizer = new SgdOptions { WeightDecay = 1e-3, Nesterov = true },
        LabelSmoothing = 0.1,
        Seed = 11,
        TrainTransforms = [new RandomCrop(1), new HorizontalFlip(), new ScaleToUnit()],
        ValidationTransforms = [new ScaleToUnit()],
    };

    public static TheoryData<TrainerOptions, string> Parts => new()
    {
        { Options with { Optimizer = new AdamWOptions() }, "both means of AdamW, and its steps" },
        { Options with { Averaging = new ExponentialAverage(0.8) }, "the moving average" },
        { Options with { Averaging = new PolyakAverage(StartAt: 0.3), TopK = 2 }, "the mean and its count" },
        { Options with { EarlyStopping = new EarlyStopping(1) }, "the best weights so far, and when to stop" },
        { Options with { EarlyStopping = new EarlyStopping(1, WatchedMetric.Loss), Averaging = new ExponentialAverage(0.5) }, "the best averaged weights" },
        { Options with { MicroBatchSize = 1, Clipping = new ClipByNorm(0.1) }, "batches in parts, clipped" },
        {
            Options with { Precision = Precision.BFloat16, EarlyStopping = new EarlyStopping(1), Averaging = new ExponentialAverage(0.5), MicroBatchSize = 1 },
            "float32 weights beneath the bfloat16 ones"
        },
    };

    private readonly TestFolder folder = new();
    private readonly TensorDataset train = Tiny.Noise(22);
    private readonly TensorDataset validation = Tiny.Noise(11, seed: 2);

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
        var copy = Path.Combine(folder.Path, "copy.safetensors");
        using var uninterrupted = new TestFolder();
        var recorder = new Recorder(e =>
        {
            if (e is CheckpointEvent { IsBest: false } checkpoint && !File.Exists(copy))
            {
                File.Copy(checkpoint.Path, copy);
            }
        });
        var expected = Run(uninterrupted, seed: 1, progress: recorder);

        var history = Run(folder, seed: 99, resumeFrom: copy);

        Metrics(history).Should().Equal(Metrics(expected));
        Same(folder.Last, uninterrupted.Last, "epoch 1's checkpoint holds all");
    }

    [Fact]
    public void A_finished_run_is_resumed_to_its_history()
    {
        var expected = Run(folder, seed: 1);
        var again = Run(folder, seed: 2, resumeFrom: folder.Last);

        Metrics(again).Should().Equal(Metrics(expected));
        again.Epochs.Select(epoch => epoch.Seconds).Should().Equal(expected.Epochs.Select(epoch => epoch.Seconds));
    }

    [Fact]
    public void Cancellation_ends_after_the_step_at_hand_and_leaves_a_checkpoint()
    {
        Cancelled(cancelAtTrainBatch: 2, cancelAtValidationBatch: 0);

        var file = SafeTensorsFile.Read(folder.Last);
        file.Metadata["position"].Should().MatchRegex("\"epoch\": 0,\\s+\"step\": 2,\\s+\"images\": 10,");
        File.Exists(folder.Best).Should().BeFalse();
        Directory.GetFiles(folder.Path).Should().Equal(folder.Last);
    }

    [Fact]
    public void Without_a_checkpoint_folder_cancellation_leaves_no_files()
    {
        using var source = new CancellationTokenSource();
        var watched = new WatchedDataset(train, _ => source.Cancel());
        using var model = Model(1);

        new MultiHeadTrainer(model, Options).Invoking(t => t.Fit(watched, cancellationToken: source.Token)).Should().Throw<OperationCanceledException>();
        new MultiHeadTrainer(model, Options).Invoking(t => t.Evaluate(watched, source.Token)).Should().Throw<OperationCanceledException>();
    }

    [Fact]
    public void Two_runs_with_one_seed_are_one_run()
    {
        using var second = new TestFolder();
        Run(folder, seed: 1);
        Run(second, seed: 1);

        Same(folder.Last, second.Last, "nothing but the seed decides");
    }

    [Fact]
    public void A_checkpoint_of_another_model_is_refused()
    {
        Cancelled(1, 0);
        using var other = GoogLeNet.Create(3, Tiny.Spec() with { Dropout = 0.5 });

        Refused(other, Options).WithMessage($"{folder.Last} belongs to another model.");
    }

    [Fact]
    public void A_checkpoint_with_other_options_is_refused_and_they_are_named()
    {
        Cancelled(1, 0);
        using var model = Model(1);

        Refused(model, Options with { Epochs = 4, LabelSmoothing = 0 })
            .WithMessage($"{folder.Last} was written with other options: epochs, labelSmoothing.");
        Refused(model, Options with { TrainTransforms = [new ScaleToUnit()] })
            .WithMessage($"{folder.Last} was written with other options: trainTransforms.");
        Refused(model, Options with { Optimizer = new SgdOptions(), Schedule = new Triangular(0.06), Seed = 12 })
            .WithMessage($"{folder.Last} was written with other options: schedule, optimizer, seed.");
    }

    [Fact]
    public void A_refused_checkpoint_leaves_the_model_as_it_was()
    {
        Cancelled(1, 0);
        using var model = Model(1);
        var before = model.named_parameters().Select(p => p.parameter.Floats()).ToList();
        var file = SafeTensorsFile.Read(folder.Last);
        SafeTensorsFile.Write(
            folder.Last, file.Metadata.ToDictionary(), file.Tensors.Values.Where(tensor => tensor.Name != "inception3b.branch1.bn.running_mean"));

        Refused(model, Options).WithMessage($"{folder.Last} lacks the tensor 'inception3b.branch1.bn.running_mean'.");
        model.named_parameters().Zip(before).Should().OnlyContain(pair => pair.First.parameter.Floats().SequenceEqual(pair.Second));
    }

    [Fact]
    public void A_file_that_is_no_checkpoint_is_refused()
    {
        SafeTensorsFile.Write(folder.Last, new Dictionary<string, string>(), [new SafeTensor("x", SafeTensorsType.U8, [1], new byte[1])]);
        using var model = Model(1);

        Refused(model, Options).WithMessage($"{folder.Last} is not a checkpoint of this library's trainer.");
    }

    [Fact]
    public void Damaged_and_missing_files_are_refused()
    {
        using var model = Model(1);
        var trainer = new MultiHeadTrainer(model, Options);
        trainer.Invoking(t => t.Fit(train, resumeFrom: folder.Last)).Should().Throw<FileNotFoundException>().WithMessage($"*{folder.Last}*");

        Cancelled(1, 0);
        var bytes = File.ReadAllBytes(folder.Last);
        bytes[^9] ^= 1;
        File.WriteAllBytes(folder.Last, bytes);
        trainer.Invoking(t => t.Fit(train, resumeFrom: folder.Last)).Should().Throw<IOException>().WithMessage("*checksum*");
        File.WriteAllBytes(folder.Last, bytes[..^9]);
        trainer.Invoking(t => t.Fit(train, resumeFrom: folder.Last)).Should().Throw<IOException>();
        File.WriteAllText(folder.Last, "not a checkpoint");
        trainer.Invoking(t => t.Fit(train, resumeFrom: folder.Last)).Should().Throw<IOException>();
    }

    [Fact]
    public void Another_number_of_training_images_is_refused()
    {
        Cancelled(cancelAtTrainBatch: 3, cancelAtValidationBatch: 0);
        using var fewer = Tiny.Noise(9);
        using var model = Model(1);

        new MultiHeadTrainer(model, Options).Invoking(t => t.Fit(fewer, validation, resumeFrom: folder.Last))
            .Should().Throw<CheckpointException>("step 3 of 5 is not a place in an epoch of 2 steps").WithMessage($"{folder.Last}*22*9*");
    }

    public void Dispose()
    {
        folder.Dispose();
        train.Dispose();
        validation.Dispose();
    }

    private static GoogLeNet Model(int seed) => GoogLeNet.Create(3, Tiny.Spec(), seed);

    private void ResumedEqualsUninterrupted(TrainerOptions options, int cancelAtTrainBatch, int cancelAtValidationBatch, string reason)
    {
        using var uninterrupted = new TestFolder();
        var expected = Run(uninterrupted, seed: 1, options: options);

        Cancelled(cancelAtTrainBatch, cancelAtValidationBatch, options);
        var history = Run(folder, seed: 99, resumeFrom: folder.Last, options: options);

        Metrics(history).Should().Equal(Metrics(expected), reason);
        Same(folder.Last, uninterrupted.Last, reason);
    }

    private History Run(TestFolder into, int seed, string? resumeFrom = null, IProgress<TrainingEvent>? progress = null, TrainerOptions? options = null)
    {
        using var model = Model(seed);
        return new MultiHeadTrainer(model, (options ?? Options) with { CheckpointFolder = into.Path }).Fit(train, validation, progress, resumeFrom: resumeFrom);
    }

    private void Cancelled(int cancelAtTrainBatch, int cancelAtValidationBatch, TrainerOptions? options = null)
    {
        using var source = new CancellationTokenSource();
        WatchedDataset Watched(IImageDataset data, int at) => new(data, batch =>
        {
            if (batch == at)
            {
                source.Cancel();
            }
        });
        using var model = Model(1);
        var trainer = new MultiHeadTrainer(model, (options ?? Options) with { CheckpointFolder = folder.Path });

        trainer.Invoking(t => t.Fit(Watched(train, cancelAtTrainBatch), Watched(validation, cancelAtValidationBatch), null, source.Token))
            .Should().Throw<OperationCanceledException>();
    }

    private FluentAssertions.Specialized.ExceptionAssertions<CheckpointException> Refused(GoogLeNet model, TrainerOptions options) =>
        new MultiHeadTrainer(model, options).Invoking(t => t.Fit(train, validation, resumeFrom: folder.Last)).Should().Throw<CheckpointException>();

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
