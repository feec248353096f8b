using System.Text.Json.Serialization;
using Inception.Data.Transforms;
using Inception.Training.Optimizers;
using Inception.Training.Schedules;

namespace Inception.Training;

/// <summary>How a network is trained. The defaults are the Keras tutorial's.</summary>
public sealed record TrainerOptions
{
    private readonly int epochs = 25;
    private readonly int batchSize = 256;
    private readonly double labelSmoothing;

    /// <summary>Passes over the training images, at least 1. Default 25.</summary>
    public int Epochs { get => epochs; init => epochs = Check.AtLeast(1, value, nameof(Epochs)); }

    /// <summary>Images in a step, at least 1. Default 256.</summary>
    public int BatchSize { get => batchSize; init => batchSize = Check.AtLeast(1, value, nameof(BatchSize)); }

    /// <summary>The learning rate. Default 0.01 · 0.96^⌊(1 + epoch) / 8⌋.</summary>
    public ILearningRateSchedule Schedule { get; init; } = new StepDecay(0.01, 0.96, 8);

    /// <summary>The optimizer. Default momentum 0.9 without weight decay.</summary>
    public OptimizerOptions Optimizer { get; init; } = new SgdOptions();

    /// <summary>Probability spread evenly over all classes in the training targets, in [0, 1). Default 0.</summary>
    public double LabelSmoothing { get => labelSmoothing; init => labelSmoothing = Check.BelowOne(value, nameof(LabelSmoothing)); }

    /// <summary>Seed of the order of images, augmentation and dropout. Default 0.</summary>
    public int Seed { get; init; }

    /// <summary>
    /// What happens to training images; null for what the model needs and no more: a resize to its input size where the images differ,
    /// and values 0–1.
    /// </summary>
    public IReadOnlyList<IBatchTransform>? TrainTransforms { get; init; }

    /// <summary>What happens to validation images; null as for <see cref="TrainTransforms"/>.</summary>
    public IReadOnlyList<IBatchTransform>? ValidationTransforms { get; init; }

    /// <summary>Folder for <c>last.safetensors</c> and <c>best.safetensors</c>; made where it does not exist; null for no
    /// checkpoints.</summary>
    [JsonIgnore]
    public string? CheckpointFolder { get; init; }
}
