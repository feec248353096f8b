using FluentAssertions;
using Inception.Data;
using Inception.Training;

namespace Inception.Tests.Training;

/// <summary>A run that tests interrupt: its data, its options, and a folder for its checkpoints.</summary>
public abstract class InterruptedRun : IDisposable
{
    // 22 images in batches of 5: 5 steps an epoch, the last one of 2 images.
    protected static readonly TrainerOptions Options = new()
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

    private protected TestFolder Folder { get; } = new();

    protected TensorDataset Train { get; } = Tiny.Noise(22);

    protected TensorDataset Validation { get; } = Tiny.Noise(11, seed: 2);

    public void Dispose()
    {
        Folder.Dispose();
        Train.Dispose();
        Validation.Dispose();
        GC.SuppressFinalize(this);
    }

    protected static GoogLeNet Model(int seed) => GoogLeNet.Create(3, Tiny.Spec(), seed);

    private protected History Run(TestFolder into, int seed, string? resumeFrom = null, ITrainingCallback? progress = null, TrainerOptions? options = null)
    {
        using var model = Model(seed);
        return new MultiHeadTrainer(model, (options ?? Options) with { CheckpointFolder = into.Path, Callbacks = progress is null ? [] : [progress] }).Fit(Train, Validation, resumeFrom: resumeFrom);
    }

    protected void Cancelled(int cancelAtTrainBatch, int cancelAtValidationBatch, TrainerOptions? options = null)
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
        var trainer = new MultiHeadTrainer(model, (options ?? Options) with { CheckpointFolder = Folder.Path });

        trainer.Invoking(t => t.Fit(Watched(Train, cancelAtTrainBatch), Watched(Validation, cancelAtValidationBatch), cancellationToken: source.Token))
            .Should().Throw<OperationCanceledException>();
    }
}
