using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Inception.Data;

namespace Inception.Training;

/// <summary>How a network is trained. The defaults are the Keras tutorial's.</summary>
public sealed record TrainerOptions
{
    private readonly int epochs = 25;
    private readonly int batchSize = 256;
    private readonly double labelSmoothing;
    private readonly IReadOnlyList<double>? classWeights;
    private readonly int? validationInterval = 1;
    private readonly int? microBatchSize;
    private readonly int? topK;

    /// <summary>Passes over the training images, at least 1. Default 25.</summary>
    public int Epochs { get => epochs; init => epochs = Check.AtLeast(1, value, nameof(Epochs)); }

    /// <summary>Images in a step, at least 1; an epoch's last step takes what is left, and of fewer images there is one step. Default 256.</summary>
    public int BatchSize { get => batchSize; init => batchSize = Check.AtLeast(1, value, nameof(BatchSize)); }

    /// <summary>
    /// Images computed at once where a whole batch does not fit into memory (gradient accumulation). The step is that of the whole batch except for batch
    /// normalization's statistics. Must divide <see cref="BatchSize"/>. Default null: the whole batch.
    /// </summary>
    public int? MicroBatchSize { get => microBatchSize; init => microBatchSize = value is { } n ? Check.AtLeast(1, n, nameof(MicroBatchSize)) : null; }

    /// <summary>The learning rate. Default 0.01 · 0.96^⌊(1 + epoch) / 8⌋.</summary>
    public ILearningRateSchedule Schedule { get; init; } = new TutorialStepDecay(0.01, 0.96, 8);

    /// <summary>The optimizer. Default momentum 0.9 without weight decay.</summary>
    public OptimizerOptions Optimizer { get; init; } = new SgdOptions();

    /// <summary>Probability spread evenly over all classes in the training targets, in [0, 1). Default 0.</summary>
    public double LabelSmoothing { get => labelSmoothing; init => labelSmoothing = Check.BelowOne(value, nameof(LabelSmoothing)); }

    /// <summary>
    /// A weight for each class in the training loss, more than 0, with PyTorch's meaning of <c>weight=</c>: a batch's loss is the sum of its images' weighted losses divided by
    /// the sum of their weights, so that factors common to all weights change nothing. <see cref="Training.ClassWeights.Balanced"/> computes them. Validation and every accuracy count
    /// each image alike. Default null: all alike.
    /// </summary>
    public IReadOnlyList<double>? ClassWeights { get => classWeights; init => classWeights = Training.ClassWeights.Checked(value); }

    /// <summary>
    /// Losses by head name, for heads that do not use cross entropy with <see cref="LabelSmoothing"/> and <see cref="ClassWeights"/>. Default null: none.
    /// </summary>
    public IReadOnlyDictionary<string, IHeadLoss>? Losses { get; init; }

    /// <summary>
    /// Weights of the losses over the run, by head name, in place of the model's own: a schedule's value at a step is the weight there; more than 0 at the
    /// start, never negative. Default null: the model's weights throughout.
    /// </summary>
    public IReadOnlyDictionary<string, ILearningRateSchedule>? HeadWeights { get; init; }

    /// <summary>The k of <see cref="HeadMetrics.TopKAccuracy"/>, at least 1; null to skip it. Default null.</summary>
    public int? TopK { get => topK; init => topK = value is { } n ? Check.AtLeast(1, n, nameof(TopK)) : null; }

    /// <summary>Metrics of each head beside loss and accuracy, such as <see cref="MacroRecall"/>, in training and validation. Default null: none.</summary>
    public IReadOnlyList<IHeadMetric>? Metrics { get; init; }

    /// <summary>
    /// The number format of the computations. With <see cref="Precision.BFloat16"/> the model must accept bfloat16 images, as convolutions, linear layers,
    /// batch normalizations, poolings and activations do; its parameters are float32 again after the run. Default float32.
    /// </summary>
    public Precision Precision { get; init; }

    /// <summary>The bound on each step's gradients. Default null: none.</summary>
    public GradientClipping? Clipping { get; init; }

    /// <summary>
    /// An average of the weights, evaluated after each epoch and saved in every checkpoint; the model has it at the end of the run. Default null: none.
    /// </summary>
    public WeightAveraging? Averaging { get; init; }

    /// <summary>When a run ends before its last epoch. Default null: never.</summary>
    public EarlyStopping? EarlyStopping { get; init; }

    /// <summary>Seed of the order of images, augmentation and dropout. Default 0.</summary>
    public int Seed { get; init; }

    /// <summary>
    /// Transforms of training images. Default null: resize to the model's input size if needed, then scale to [0, 1].
    /// </summary>
    public IReadOnlyList<IBatchTransform>? TrainTransforms { get; init; }

    /// <summary>Draws every class equally often from the training images. Default null: every image once in an epoch.</summary>
    public BalancedSampling? Sampling { get; init; }

    /// <summary>Smaller training images for a part of the run. Default null: the size that <see cref="TrainTransforms"/> give throughout.</summary>
    public ProgressiveResizing? Resizing { get; init; }

    /// <summary>Blending of the images of each training batch, and of their labels in the loss. Default null: none.</summary>
    public Mixup? Mixup { get; init; }

    /// <summary>
    /// Transforms of validation images, and of pictures that the trained network classifies. Default null: those of <see cref="TrainTransforms"/> that are not random, and for
    /// random ones what they stand for on average (<see cref="IBatchTransform.ForValidation"/>).
    /// </summary>
    public IReadOnlyList<IBatchTransform>? ValidationTransforms { get; init; }

    /// <summary>
    /// Epochs between validations, at least 1; null to validate after the last epoch only, which is always validated. It must be 1 with
    /// <see cref="EarlyStopping"/> or a schedule that uses the history. Default 1.
    /// </summary>
    public int? ValidationInterval
    {
        get => validationInterval;
        init => validationInterval = value is { } n ? Check.AtLeast(1, n, nameof(ValidationInterval)) : null;
    }

    /// <summary>
    /// With a <see cref="Collective"/>, whether the network's batch normalizations use the statistics of the whole batch, as in one process, instead of each process's share of it. It costs two
    /// small messages for each in a step; without it, running statistics are the processes' means. Default true.
    /// </summary>
    public bool SynchronizeBatchNorm { get; init; } = true;

    /// <summary>
    /// With a <see cref="Collective"/>, the number format in which gradients are added up over the processes. <see cref="Precision.BFloat16"/> sends half the bytes; each process's gradient is rounded,
    /// added up in float32, and the sum is rounded once. Metrics and batch normalization's statistics stay as they are. Default float32.
    /// </summary>
    public Precision ReducePrecision { get; init; }

    /// <summary>Whether an epoch, counted from 0, ends with a validation.</summary>
    internal bool IsValidated(int epoch) => epoch == Epochs - 1 || (epoch + 1) % ValidationInterval == 0;

    /// <summary>Whether the other trains in the same way: equal values, also within lists. Callbacks are the same where they are equal.</summary>
    public bool Equals(TrainerOptions? other) =>
        other is not null && JsonNode.DeepEquals(OptionsJson.Describe(this), OptionsJson.Describe(other))
        && CheckpointFolder == other.CheckpointFolder && Checkpoints == other.Checkpoints && Callbacks.SequenceEqual(other.Callbacks);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Epochs, BatchSize, Seed, Precision, CheckpointFolder);

    /// <summary>
    /// Folder for <c>last.safetensors</c> and <c>best.safetensors</c>, created if it does not exist; a fresh run moves an earlier one's checkpoints to <c>earlier</c> in it. Default null: no
    /// checkpoints.
    /// </summary>
    [JsonIgnore]
    public string? CheckpointFolder { get; init; }

    /// <summary>Which checkpoints are written, and when. It may change between a run's interruption and its resumption.</summary>
    [JsonIgnore]
    public CheckpointPolicy Checkpoints { get; init; } = new();

    /// <summary>
    /// The processes that train the network together, for example <see cref="MpiCollective.Start"/>'s: each computes its share of every batch, of which <see cref="BatchSize"/> is the whole. The
    /// network is the one that a process alone would train, up to the rounding of sums. Each gives the same network, options and images to its trainer and makes the same calls; callbacks,
    /// log and checkpoint folder are process 0's alone. Default null: one process.
    /// </summary>
    [JsonIgnore]
    public Collective? Collective { get; init; }

    /// <summary>Callbacks that observe the run and may ask it to save or to stop, called in this order. Default none.</summary>
    [JsonIgnore]
    public IReadOnlyList<ITrainingCallback> Callbacks { get; init; } = [];
}
