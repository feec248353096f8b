using System.Diagnostics;
using Inception.Data;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using static TorchSharp.torch;

namespace Inception.Training;

/// <summary>
/// Trains a classifier with one or several heads: the loss is the weighted sum of every head's cross entropy, and loss and accuracy of
/// every head are kept for training and validation.
/// </summary>
public sealed partial class MultiHeadTrainer
{
    // Enough for second moments of patches.
    private const long InitializationImages = 5_000;
    private const long InitializationPixels = InitializationImages * 32 * 32;

    private readonly MultiHeadModel model;
    private readonly PrecisionCast network;
    private readonly IDataInitialized? dataDependent;
    private readonly TrainerOptions options;
    private readonly ILogger logger;

    /// <summary>A trainer of <paramref name="model"/>, which stays owned by the caller and must be on its final device.</summary>
    /// <param name="model">The network.</param>
    /// <param name="options">How to train; the tutorial's settings when omitted.</param>
    /// <param name="logger">Where the course of runs is written; nowhere when omitted.</param>
    /// <exception cref="ArgumentException">The heads have equal names or a weight that is not a positive number, or the options do not go with them.</exception>
    public MultiHeadTrainer(MultiHeadModel model, TrainerOptions? options = null, ILogger<MultiHeadTrainer>? logger = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        this.options = options ?? new TrainerOptions();
        dataDependent = model as IDataInitialized;
        this.model = model;
        network = new PrecisionCast(model);
        this.logger = logger ?? NullLogger<MultiHeadTrainer>.Instance;
        TrainingGuards.CheckHeads(model.Heads);
        TrainingGuards.CheckOptions(this.options, model.Heads);
    }

    /// <summary>Trains for the options' epochs. The model's parameters hold the result, and the model is in evaluation mode, ready to predict.</summary>
    /// <param name="train">Images to learn from.</param>
    /// <param name="validation">Images to measure on after each epoch, or as often as the options say; null for none.</param>
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
        TrainingGuards.CheckDataset(train, model.NumClasses);
        TrainingGuards.CheckDataset(validation, model.NumClasses);
        using var memory = HostMemory.Keep();
        var (loader, steps) = TrainLoader(train);
        if (resumeFrom is null)
        {
            FitModelTo(train);
        }

        using var parameters = new FlatParameters(model, options.Optimizer.Groups, options.Precision);
        using var state = new TrainingState(model, options, train.Count, parameters);
        using var step = new TrainingStep(network, model.Heads, options, parameters, loader, train.Count);
        var clock = new RunClock(options, steps, train.Count, validation?.Count ?? 0);
        var monitor = new RunMonitor(state, options, clock, steps, progress, logger, cancellationToken);
        monitor.Begin(resumeFrom);

        while (state.Epoch < options.Epochs && !monitor.MustStop)
        {
            monitor.EpochBegun();
            model.train();
            while (state.Step < steps && !monitor.MustStop)
            {
                var began = Stopwatch.GetTimestamp();
                var position = new TrainingPosition(state.Epoch, state.Step, steps, options.Epochs);
                var rate = options.Schedule.RateAt(position, state.History);
                step.Backward(position, state.Metrics);
                options.Clipping?.Apply(parameters);
                state.Optimizer.Step(rate);
                state.Average?.Update(position.Fraction);
                state.StepTaken(clock, Stopwatch.GetElapsedTime(began));
                monitor.StepTaken(rate);
            }

            if (state.Step == steps)
            {
                var isMeasured = options.IsValidated(state.Epoch);
                state.NextEpoch(Measure(state, steps, train, isMeasured ? validation : null, clock, monitor, cancellationToken));
                monitor.EpochEnded();
            }
        }

        state.Finish();
        model.eval();
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
        TrainingGuards.CheckDataset(dataset, model.NumClasses);
        return Evaluate(dataset, cancellationToken.ThrowIfCancellationRequested);
    }

    private IReadOnlyList<HeadMetrics> Evaluate(IImageDataset dataset, Action betweenBatches)
    {
        var device = model.Device;
        var loader = Loader(dataset, options.ValidationTransforms, device, options.MicroBatchSize ?? options.BatchSize, shuffle: false);
        var objective = new HeadObjective(model.Heads, options).ForValidation();
        using var metrics = new MetricAccumulator(model.Heads, device, options.TopK);
        using var frozen = no_grad();
        model.eval();
        using var batches = loader.Epoch(epoch: 0).GetEnumerator();
        for (var step = 1; step <= loader.Steps; step++)
        {
            using var scope = NewDisposeScope();
            batches.MoveNext();
            objective.Measure(network.AllHeads(batches.Current.Images), batches.Current, metrics, step);
            betweenBatches();
        }

#pragma warning disable RS0030 // Once, after the last image.
        return metrics.Read();
#pragma warning restore RS0030
    }

    // An epoch's row of the history. Cancelled in the midst of validation, the run is saved as it was after the last step.
    private EpochRecord Measure(
        TrainingState state, int steps, IImageDataset train, IImageDataset? validation, RunClock clock, RunMonitor monitor, CancellationToken cancellationToken)
    {
        monitor.CheckFinite();
        var rate = options.Schedule.RateAt(new(state.Epoch, steps - 1, steps, options.Epochs), state.History);
        var began = Stopwatch.GetTimestamp();
        try
        {
            var validated = validation is null ? [] : Evaluate(validation, cancellationToken.ThrowIfCancellationRequested);
            var averaged = validation is null || state.Average is null ? null : EvaluateAverage(state.Average, validation, cancellationToken);
            var took = Stopwatch.GetElapsedTime(began);
            if (validation is not null)
            {
                clock.ValidationTook(took);
            }

            monitor.CheckFinite(validated);
            return new EpochRecord(
#pragma warning disable RS0030 // Once an epoch, at its end.
                state.Epoch + 1, rate, state.EpochSeconds + took.TotalSeconds, train.Count / state.EpochSeconds, state.Metrics.Read(), validated, averaged);
#pragma warning restore RS0030
        }
        catch (OperationCanceledException)
        {
            monitor.Save();
            throw;
        }
    }

    private IReadOnlyList<HeadMetrics> EvaluateAverage(AverageBuffer average, IImageDataset validation, CancellationToken cancellationToken)
    {
        using var inUse = average.UseAverage();
        return Evaluate(validation, cancellationToken.ThrowIfCancellationRequested);
    }

    // What of the model depends on images is computed from the first of them, as they are when it is evaluated.
    private void FitModelTo(IImageDataset train)
    {
        if (dataDependent?.NeedsInitialization == true)
        {
            var count = Math.Min(train.Count, Math.Max(InitializationPixels / ((long)model.InputSize * model.InputSize), 1));
            using var batch = Loader(train, options.ValidationTransforms, model.Device, (int)count, shuffle: false).Load(epoch: 0, step: 0);
            dataDependent.InitializeFrom(batch.Images);
        }
    }

    // The batches' parts, and the steps in an epoch.
    private (BatchLoader Loader, int Steps) TrainLoader(IImageDataset train)
    {
        var steps = (int)((train.Count + options.BatchSize - 1) / options.BatchSize);
        TrainingGuards.CheckRun(options, train.Count, steps);
        return (Loader(train, options.TrainTransforms, model.Device, options.MicroBatchSize ?? options.BatchSize, shuffle: true, options.Mixup), steps);
    }

    private BatchLoader Loader(IImageDataset dataset, IReadOnlyList<IBatchTransform>? transforms, Device device, int batchSize, bool shuffle, Mixup? mixup = null) =>
        new(dataset, batchSize, transforms ?? BatchTransforms.Default(dataset.Images, model.InputSize), device, options.Seed, shuffle, mixup);
}
