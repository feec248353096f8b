using System.Diagnostics;
using Inception.Data;
using Inception.Data.Transforms;
using Inception.Training.Metrics;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using TorchSharp;
using static TorchSharp.torch;

namespace Inception.Training;

/// <summary>
/// Trains a classifier with one or several heads: the loss is the weighted sum of every head's cross entropy, and loss and accuracy of
/// every head are kept for training and validation.
/// </summary>
public sealed class MultiHeadTrainer
{
    private readonly IMultiHeadModel model;
    private readonly TrainerOptions options;
    private readonly ILogger logger;

    /// <summary>A trainer of <paramref name="model"/>, which stays owned by the caller and must be on its final device.</summary>
    /// <param name="model">The network.</param>
    /// <param name="options">How to train; the tutorial's settings when omitted.</param>
    /// <param name="logger">Where the course of runs is written; nowhere when omitted.</param>
    /// <exception cref="ArgumentException">The heads have equal names or a weight that is not a positive number.</exception>
    public MultiHeadTrainer(IMultiHeadModel model, TrainerOptions? options = null, ILogger<MultiHeadTrainer>? logger = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        this.model = model;
        this.options = options ?? new TrainerOptions();
        this.logger = logger ?? NullLogger<MultiHeadTrainer>.Instance;
        TrainingGuards.CheckHeads(model.Heads);
    }

    /// <summary>Trains for the options' epochs. The model's parameters hold the result, and the model is in evaluation mode, ready to predict.</summary>
    /// <param name="train">Images to learn from.</param>
    /// <param name="validation">Images to measure on after each epoch; null for none.</param>
    /// <param name="progress">Told of steps, epochs and checkpoints, on this thread.</param>
    /// <param name="cancellationToken">Ends the run after the step at hand; with a checkpoint folder, <c>last.safetensors</c> is written first.</param>
    /// <param name="resumeFrom">A checkpoint of the same model and options to continue from; on a CPU the run goes on bit for bit as if never interrupted.</param>
    /// <returns>Every epoch's learning rate, times and metrics, those before a resume included.</returns>
    /// <exception cref="ArgumentException">A data set does not fit the model.</exception>
    /// <exception cref="OperationCanceledException">The run was cancelled.</exception>
    /// <exception cref="TrainingDivergedException">A loss stopped being a finite number.</exception>
    /// <exception cref="CheckpointException">The checkpoint belongs to another model, other options or another number of training images.</exception>
    /// <exception cref="IOException">A checkpoint cannot be read or written, or its folder cannot be made.</exception>
    public History Fit(
        IImageDataset train,
        IImageDataset? validation = null,
        IProgress<TrainingEvent>? progress = null,
        CancellationToken cancellationToken = default,
        string? resumeFrom = null)
    {
        TrainingGuards.CheckDataset(train, model);
        TrainingGuards.CheckDataset(validation, model);
        using var parameters = new FlatParameters(model.Module, options.Optimizer.Groups);
        using var state = new TrainingState(model, options, train.Count, parameters);
        var loader = Loader(train, options.TrainTransforms, parameters.Values.device, shuffle: true);
        var checkpoints = new CheckpointWriter(state, options.CheckpointFolder, progress);
        checkpoints.Prepare();
        var clock = new RunClock(options.Epochs, loader.Steps, train.Count, validation?.Count ?? 0);
        if (resumeFrom is not null)
        {
            state.Load(resumeFrom);
            logger.Resumed(resumeFrom, state.Epoch + 1, state.Step);
        }

        while (state.Epoch < options.Epochs)
        {
            model.Module.train();
            while (state.Step < loader.Steps)
            {
                var began = Stopwatch.GetTimestamp();
                var rate = RateOf(state.Epoch, state.Step, loader.Steps);
                TrainStep(loader, state, rate);
                state.Step++;
                state.EpochSeconds += Stopwatch.GetElapsedTime(began).TotalSeconds;
                clock.StepTaken(Stopwatch.GetElapsedTime(began));
                Report(progress, clock, state, loader.Steps, rate);
                checkpoints.AfterStep(rate, cancellationToken);
            }

            var record = EndEpoch(state, parameters, loader, train, validation, clock, rate => checkpoints.AfterStep(rate, cancellationToken));
            state.NextEpoch(record);
            logger.EpochEnded(record.Epoch, options.Epochs, record.Train[0].Loss, record.Train[0].Accuracy);
            progress?.Report(new EpochEvent(record, options.Epochs, new History([.. state.History])));
            checkpoints.AfterEpoch();
        }

        model.Module.eval();
        return new History([.. state.History]);
    }

    /// <summary>Measures every head on a data set, in evaluation mode.</summary>
    /// <param name="dataset">Images to measure on.</param>
    /// <param name="cancellationToken">Ends the measurement between two batches.</param>
    /// <returns>Mean cross entropy (without label smoothing) and accuracy of each head, the main head first.</returns>
    /// <exception cref="ArgumentException">The data set does not fit the model.</exception>
    /// <exception cref="OperationCanceledException">The measurement was cancelled.</exception>
    public IReadOnlyList<HeadMetrics> Evaluate(IImageDataset dataset, CancellationToken cancellationToken = default)
    {
        TrainingGuards.CheckDataset(dataset, model);
        return Evaluate(dataset, cancellationToken.ThrowIfCancellationRequested);
    }

    private IReadOnlyList<HeadMetrics> Evaluate(IImageDataset dataset, Action betweenBatches)
    {
        var device = model.Module.parameters().First().device;
        var loader = Loader(dataset, options.ValidationTransforms, device, shuffle: false);
        using var metrics = new MetricAccumulator(model.Heads, device);
        using var frozen = no_grad();
        model.Module.eval();
        for (var step = 0; step < loader.Steps; step++)
        {
            using var scope = NewDisposeScope();
            var batch = loader.Load(epoch: 0, step);
            var output = model.Forward(batch.Images, auxiliaries: true);
            Losses(output, batch, metrics, labelSmoothing: 0);
            betweenBatches();
        }

        return metrics.Read();
    }

    private void TrainStep(BatchLoader loader, TrainingState state, double rate)
    {
        using var scope = NewDisposeScope();
        SeedDropout(state);
        var batch = loader.Load(state.Epoch, state.Step);
        var output = model.Forward(batch.Images, auxiliaries: true);
        var losses = Losses(output, batch, state.Metrics, options.LabelSmoothing);
        var total = losses.Zip(model.Heads, (loss, head) => loss * head.Weight).Aggregate((sum, loss) => sum + loss);
        total.backward();
        state.Optimizer.Step(rate);
    }

    // A step's dropout depends on (seed, epoch, step) alone, so that a resumed run draws what the uninterrupted one would have.
    private void SeedDropout(TrainingState state)
    {
        var seed = (long)new CounterRandom(options.Seed, nameof(MultiHeadTrainer), state.Epoch).Bits(state.Step);
        using var generator = manual_seed(seed);
        if (state.Metrics.Sums.device_type == DeviceType.CUDA)
        {
            cuda.manual_seed_all(seed);
        }
    }

    // One loss for each of the model's heads, in their order, whatever the order of the output.
    private List<Tensor> Losses(MultiHeadOutput output, Batch batch, MetricAccumulator metrics, double labelSmoothing)
    {
        var losses = new List<Tensor>(model.Heads.Count);
        foreach (var head in model.Heads)
        {
            var logits = output[head.Name];
            var loss = nn.functional.cross_entropy(logits, batch.Labels, label_smoothing: labelSmoothing);
            metrics.Add(losses.Count, loss, logits, batch.Labels);
            losses.Add(loss);
        }

        metrics.Count += batch.Labels.shape[0];
        return losses;
    }

    private EpochRecord EndEpoch(
        TrainingState state, FlatParameters parameters, BatchLoader loader, IImageDataset train, IImageDataset? validation, RunClock clock, Action<double> betweenBatches)
    {
        var rate = RateOf(state.Epoch, loader.Steps - 1, loader.Steps);
        var trained = TrainingGuards.CheckFinite(state.Metrics.Read(), state.Epoch, loader.Steps, rate);
        var began = Stopwatch.GetTimestamp();
        IReadOnlyList<HeadMetrics> validated = validation is null ? [] : Evaluate(validation, () => betweenBatches(rate));
        var took = Stopwatch.GetElapsedTime(began);
        clock.ValidationTook(took);
        TrainingGuards.CheckFinite(validated, state.Epoch, loader.Steps, rate);
        TrainingGuards.CheckFinite(parameters, state.Epoch, loader.Steps, rate);
        return new EpochRecord(
            state.Epoch + 1, rate, state.EpochSeconds + took.TotalSeconds, train.Count / state.EpochSeconds, trained, validated);
    }

    private static void ReportStep(IProgress<TrainingEvent> progress, RunClock clock, TrainingState state, int epochs, int steps, double rate)
    {
        var metrics = TrainingGuards.CheckFinite(state.Metrics.Read(), state.Epoch, state.Step, rate);
        progress.Report(new StepEvent(
            state.Epoch + 1, epochs, state.Step, steps, rate, clock.ImagesPerSecond, clock.Remaining(state.Epoch, state.Step), metrics));
    }

    private void Report(IProgress<TrainingEvent>? progress, RunClock clock, TrainingState state, int steps, double rate)
    {
        if (progress is not null && clock.IsReportDue(last: state.Step == steps))
        {
            ReportStep(progress, clock, state, options.Epochs, steps, rate);
        }
    }

    private double RateOf(int epoch, int step, int steps) =>
        options.Schedule.At(new(epoch, step, steps, options.Epochs));

    private BatchLoader Loader(IImageDataset dataset, IReadOnlyList<IBatchTransform>? transforms, Device device, bool shuffle) =>
        new(dataset, options.BatchSize, transforms ?? DefaultTransforms(dataset), device, options.Seed, shuffle);

    private IReadOnlyList<IBatchTransform> DefaultTransforms(IImageDataset dataset) =>
        dataset.Images.shape[2] == model.InputSize && dataset.Images.shape[3] == model.InputSize
            ? [new ScaleToUnit()]
            : [new Resize(model.InputSize), new ScaleToUnit()];
}
