using System.Diagnostics;
using Inception.Data;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using static TorchSharp.torch;

namespace Inception.Training;

/// <summary>
/// Trains a classifier with one or several heads on the weighted sum of the heads' losses, and records loss and accuracy of every head.
/// </summary>
public sealed class MultiHeadTrainer
{
    private readonly MultiHeadModel model;
    private readonly PrecisionCast network;
    private readonly TrainingLoaders loaders;
    private readonly TrainerOptions options;
    private readonly RunRanks ranks;
    private readonly ILogger logger;

    /// <summary>Creates a trainer of <paramref name="model"/>, which the caller owns and has moved to its final device.</summary>
    /// <param name="model">The network.</param>
    /// <param name="options">How to train; null for the defaults of <see cref="TrainerOptions"/>.</param>
    /// <param name="logger">Where runs are logged; null for nowhere.</param>
    /// <exception cref="ArgumentException">Two heads have one name, a weight is not a positive number, or the options do not fit the heads.</exception>
    public MultiHeadTrainer(MultiHeadModel model, TrainerOptions? options = null, ILogger? logger = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        this.options = options ?? new TrainerOptions();
        this.model = model;
        network = new PrecisionCast(model);
        ranks = new RunRanks(this.options.Collective);
        loaders = new TrainingLoaders(model, this.options, ranks);
        this.logger = ranks.IsFirst && logger is not null ? logger : NullLogger.Instance;
        TrainingGuards.CheckHeads(model.Heads);
        TrainingGuards.CheckOptions(this.options, model);
    }

    /// <summary>Trains the model. Afterwards it is in evaluation mode, however the run ended.</summary>
    /// <param name="train">Images to learn from.</param>
    /// <param name="validation">Images to measure on, after each epoch unless the options say otherwise; null for none.</param>
    /// <param name="resumeFrom">
    /// A checkpoint of the same model, options and training images to continue from. On a CPU the result is bit for bit that of an uninterrupted run. The number of epochs may be
    /// another one, as long as the steps taken would have been the same. With <see cref="TrainerOptions.Collective"/>, process 0's, which alone needs to have the file; the number of processes
    /// may be another one.
    /// </param>
    /// <param name="cancellationToken">Ends the run after the step at hand; with a checkpoint folder, <c>last.safetensors</c> is written first.</param>
    /// <returns>Every epoch's learning rate, times and metrics, those before a resume included.</returns>
    /// <exception cref="ArgumentException">A data set does not fit the model.</exception>
    /// <exception cref="InvalidOperationException">TorchSharp's inference mode is on.</exception>
    /// <exception cref="OperationCanceledException">The run was canceled.</exception>
    /// <exception cref="TrainingDivergedException">A loss or a weight is not finite any more.</exception>
    /// <exception cref="ModelFileException">The checkpoint is damaged or none, or belongs to another model, other options or other training images.</exception>
    /// <exception cref="CollectiveException">The processes of <see cref="TrainerOptions.Collective"/> have different networks, options or images.</exception>
    /// <exception cref="IOException">A checkpoint cannot be read or written, its folder cannot be made, or another run writes to it.</exception>
    public History Fit(IImageDataset train, IImageDataset? validation = null, string? resumeFrom = null, CancellationToken cancellationToken = default) =>
        Run(train, validation, resumeFrom, RunPart.Whole, cancellationToken).History;

    /// <summary>
    /// Trains a trained model on new pictures, as a rule of other classes: first the classifiers learn alone, while everything before them is frozen and its batch normalizations stand still; then the whole network
    /// learns, early layers more slowly. As fastai's <c>fine_tune</c> (Howard and Gugger 2020, arXiv:2002.04688): by default one epoch, then half the rate, of which the first half of the
    /// network has a tenth; fastai, which uses Adam, gives it a hundredth. Afterwards it is in evaluation mode, and nothing is frozen that was not before.
    /// </summary>
    /// <remarks>
    /// These are two runs of <see cref="Fit"/>: of <see cref="FineTuneOptions.ClassifierEpochs"/>, then of <see cref="TrainerOptions.Epochs"/>. Each goes through the whole schedule and stops early by
    /// its own epochs; the optimizer's groups count in both. Callbacks see one run of all epochs; one that asks to stop ends it all. The second run's checkpoints are in
    /// <see cref="TrainerOptions.CheckpointFolder"/>, those of the first in <c>classifiers</c> below it.
    /// </remarks>
    /// <param name="train">Images to learn from.</param>
    /// <param name="validation">Images to measure on; null for none.</param>
    /// <param name="fineTuning">Length and rates of the two runs; null for the defaults of <see cref="FineTuneOptions"/>.</param>
    /// <param name="resume">
    /// Whether to go on where the checkpoint folder is, with the same model, options and training images; from the start where it holds nothing yet. On a CPU the result is bit for bit that of
    /// an uninterrupted call.
    /// </param>
    /// <param name="cancellationToken">Ends the run after the step at hand; with a checkpoint folder, <c>last.safetensors</c> is written first.</param>
    /// <returns>Every epoch of both runs, numbered through.</returns>
    /// <exception cref="ArgumentException">
    /// The model does not say which layers are its classifiers (<see cref="MultiHeadModel.ClassifierKeys"/>), a data set does not fit it, or there is no folder to resume from.
    /// </exception>
    /// <exception cref="InvalidOperationException">TorchSharp's inference mode is on.</exception>
    /// <exception cref="OperationCanceledException">The run was canceled.</exception>
    /// <exception cref="TrainingDivergedException">A loss or a weight is not finite any more.</exception>
    /// <exception cref="ModelFileException">The folder's checkpoint is damaged, or belongs to another model, other options or other training images.</exception>
    /// <exception cref="IOException">A checkpoint cannot be read or written, its folder cannot be made, or another run writes to it.</exception>
    public History FineTune(
        IImageDataset train, IImageDataset? validation = null, FineTuneOptions? fineTuning = null, bool resume = false, CancellationToken cancellationToken = default) =>
        new FineTuning(model, options, fineTuning ?? new FineTuneOptions(), logger).Run(train, validation, resume, cancellationToken);

    /// <summary><see cref="Fit"/>, as a part of a longer run.</summary>
    /// <returns>Every epoch of the parts so far, and whether a callback asked to stop.</returns>
    internal (History History, bool IsStopped) Run(IImageDataset train, IImageDataset? validation, string? resumeFrom, RunPart part, CancellationToken cancellationToken)
    {
        ImageDatasets.Check(train, model.NumClasses);
        if (validation is not null)
        {
            ImageDatasets.Check(validation, model.NumClasses, nameof(validation));
            ImageDatasets.CheckClassNames(validation.ClassNames, "The validation images'", train.ClassNames, "the training images'", nameof(validation));
        }

        RefuseOtherOrder(train.ClassNames, model.ClassNames);
        using var gradients = Gradients();
        using var memory = HostMemory.Keep();
        ranks.Meet(model, options, train, validation);
        return ranks.Together(() => RunTogether(train, validation, resumeFrom, part, cancellationToken));
    }

    private (History History, bool IsStopped) RunTogether(IImageDataset train, IImageDataset? validation, string? resumeFrom, RunPart part, CancellationToken cancellationToken)
    {
        var options = ranks.IsFirst ? this.options : this.options with { CheckpointFolder = null, Callbacks = [] };
        var isResumed = ranks.FirstSays(resumeFrom is not null);
        var (loader, steps) = loaders.ForTraining(train, options.Epochs);
        if (!isResumed)
        {
            loaders.InitializeModel(train);
        }

        using var parameters = new FlatParameters(model, options.Optimizer.Groups, options.Precision);
        using var state = new TrainingState(model, options, parameters, train.Count, steps);
        using var step = new TrainingStep(model, network, options, ranks, parameters, loader, train.Count);
        var clock = new RunClock(options, steps, train.Count, validation?.Count ?? 0);
        var events = new RunEvents(options, logger, part, ranks);
        var file = new CheckpointFile(model, options, train, steps, part.Before);
        using var checkpoints = new CheckpointWriter(options.CheckpointFolder, options.Checkpoints, path => state.Save(file, path));
        var monitor = new RunMonitor(state, options, ranks, clock, events, checkpoints, cancellationToken);
        if (options.CheckpointFolder is not null)
        {
            // An optimizer whose state cannot be kept says so now.
            _ = state.Optimizer.State;
        }

        if (checkpoints.Prepare(isResumed) is > 0 and var moved)
        {
            logger.MovedEarlier(moved, Path.Combine(options.CheckpointFolder!, CheckpointFiles.Earlier));
        }

        if (resumeFrom is not null && ranks.IsFirst)
        {
            state.Load(file, resumeFrom);
            logger.Resumed(resumeFrom, state.Epoch + 1, state.Step);
        }

        state.Share(ranks, isResumed);

        // From here on files of the model say how to use it. What was fitted to its probabilities no longer fits.
        (model.Temperature, model.MinimumConfidence) = (1, 0);
        model.ClassNames = train.ClassNames;
        model.Preprocessing = loaders.Preprocessing(train).Stored;

        try
        {
            while (state.Epoch < options.Epochs && !monitor.MustStop)
            {
                monitor.EpochBegun();
                model.train();
                while (state.Step < steps && !monitor.MustStop)
                {
                    var began = Stopwatch.GetTimestamp();
                    var position = state.Position;
                    var rate = state.RateAt(state.Step);
                    step.Backward(position, state.Metrics);
                    options.Clipping?.Apply(parameters);
                    state.Optimizer.Step(rate);
                    state.Average?.Update(position.Fraction);
                    var took = Stopwatch.GetElapsedTime(began);
                    state.StepTaken(took);
                    monitor.StepTaken(rate, took);
                }

                if (state.Step == steps)
                {
                    state.EndEpoch(monitor.Validated(() => Validate(validation, state, cancellationToken)));
                    monitor.EpochEnded();
                }
            }

            state.Finish();
        }
        finally
        {
            model.eval();
        }

        return (part.Joined(state.History), events.Requests.HasFlag(TrainingRequests.Stop));
    }

    /// <summary>
    /// Trains for a few steps with a rate that rises from step to step, to see where the loss falls fastest and where it runs away (the range
    /// test of Smith 2017, smoothed and cut off as fastai does). The model is afterwards as it was before.
    /// </summary>
    /// <param name="train">Images to learn from; the options' batches, transforms and head weights are used, their schedule is not.</param>
    /// <param name="minRate">The first rate, more than 0.</param>
    /// <param name="maxRate">The last rate, more than <paramref name="minRate"/>.</param>
    /// <param name="steps">Steps from one to the other, at least 2.</param>
    /// <param name="cancellationToken">Ends the search between two steps.</param>
    /// <exception cref="ArgumentException">A value is out of its range, or the data set does not fit the model.</exception>
    /// <exception cref="OperationCanceledException">The search was canceled.</exception>
    public LearningRateSearch FindLearningRate(
        IImageDataset train, double minRate = 1e-5, double maxRate = 10, int steps = 100, CancellationToken cancellationToken = default)
    {
        using var gradients = Gradients();
        ranks.Meet(model, options, train, validation: null);
        return ranks.Together(() => new LearningRateFinder(model, network, loaders, options, ranks).Find(train, minRate, maxRate, steps, cancellationToken));
    }

    /// <summary>Measures every head on a data set, in evaluation mode.</summary>
    /// <param name="dataset">Images to measure on.</param>
    /// <param name="cancellationToken">Ends the measurement between two batches.</param>
    /// <returns>Mean cross entropy (without label smoothing) and accuracy of each head, the main head first.</returns>
    /// <exception cref="ArgumentException">The data set does not fit the model.</exception>
    /// <exception cref="OperationCanceledException">The measurement was canceled.</exception>
    public IReadOnlyList<HeadMetrics> Evaluate(IImageDataset dataset, CancellationToken cancellationToken = default)
    {
        ImageDatasets.Check(dataset, model.NumClasses);
        ImageDatasets.CheckClassNames(dataset.ClassNames, "The images'", model.ClassNames, "the network's", nameof(dataset));
        ranks.Meet(model, options, dataset, validation: null);
        return ranks.Together(() => ValidateEpoch(dataset, cancellationToken));
    }

    // Training needs them, also for a caller who has switched them off.
    private static IDisposable Gradients() => is_inference_mode_enabled()
        ? throw new InvalidOperationException("Inference mode is on, in which nothing can be trained. Build the network and train it outside of torch.inference_mode().")
        : enable_grad();

    // A network of the same classes in another order would answer with the wrong names until it had learned anew.
    private static void RefuseOtherOrder(IReadOnlyList<string> names, IReadOnlyList<string> known)
    {
        if (!names.SequenceEqual(known) && names.Order(StringComparer.Ordinal).SequenceEqual(known.Order(StringComparer.Ordinal)))
        {
            ImageDatasets.CheckClassNames(names, "The training images'", known, "the network's", "train");
        }
    }

    private IReadOnlyList<HeadMetrics> ValidateEpoch(IImageDataset dataset, CancellationToken cancellationToken)
    {
        var loader = loaders.ForValidation(dataset);
        var objective = new HeadObjective(model.Heads, options).ForValidation();
        using var metrics = new MetricAccumulator(model.Heads, model.Device, options.TopK, options.Metrics, model.NumClasses);
        using var frozen = no_grad();
        model.eval();
        using var batches = loader.Epoch(epoch: 0).GetEnumerator();
        for (var step = 1; step <= loader.Steps; step++)
        {
            using var scope = NewDisposeScope();
            batches.MoveNext();
            if (loader.RowsOf(step - 1).Count > 0)
            {
                objective.Losses(network.AllHeads(batches.Current.Images), batches.Current, metrics, step);
            }

            ranks.ThrowIfCanceled(cancellationToken);
        }

#pragma warning disable RS0030 // Once, after the last image.
        if (!ranks.AreSeveral)
        {
            return metrics.Read();
        }

        using var all = new MetricAccumulator(model.Heads, model.Device, options.TopK, options.Metrics, model.NumClasses);
        all.AddAll(metrics, ranks.Sum, loader.Steps);
        return all.Read();
#pragma warning restore RS0030
    }

    // The model's own weights, then the averaged ones where they are kept.
    private ValidationResult Validate(IImageDataset? validation, TrainingState state, CancellationToken cancellationToken)
    {
        if (validation is null || !options.IsValidated(state.Epoch))
        {
            return ValidationResult.None;
        }

        var began = Stopwatch.GetTimestamp();
        var own = ValidateEpoch(validation, cancellationToken);
        if (state.Average is null)
        {
            return new ValidationResult(own, Averaged: null, Stopwatch.GetElapsedTime(began));
        }

        using var inUse = state.Average.UseAverage();
        var averaged = ValidateEpoch(validation, cancellationToken);
        return new ValidationResult(own, averaged, Stopwatch.GetElapsedTime(began));
    }
}
