using Inception.Training.Metrics;

namespace Inception.Training;

/// <summary>Something that happened in a run; <see cref="MultiHeadTrainer.Fit"/> reports it on the training thread.</summary>
public abstract record TrainingEvent;

/// <summary>A step was taken. Reported at most a few times a second, since reading metrics waits for the device.</summary>
/// <param name="Epoch">Epoch, counted from 1.</param>
/// <param name="Epochs">Epochs of the run.</param>
/// <param name="Step">Steps taken in the epoch.</param>
/// <param name="Steps">Steps in an epoch.</param>
/// <param name="LearningRate">The step's rate.</param>
/// <param name="ImagesPerSecond">Training speed over this run so far, the first step left out.</param>
/// <param name="Remaining">Estimated time to the end of the run, validation included; null until there is something to go by.</param>
/// <param name="Metrics">Each head over the epoch so far.</param>
public sealed record StepEvent(
    int Epoch, int Epochs, int Step, int Steps, double LearningRate, double ImagesPerSecond, TimeSpan? Remaining,
    IReadOnlyList<HeadMetrics> Metrics) : TrainingEvent;

/// <summary>An epoch ended, validation included.</summary>
/// <param name="Record">The epoch's row of the history.</param>
/// <param name="Epochs">Epochs of the run.</param>
/// <param name="History">Every epoch so far, those before a resume included.</param>
public sealed record EpochEvent(EpochRecord Record, int Epochs, History History) : TrainingEvent;

/// <summary>A checkpoint was written.</summary>
/// <param name="Path">The file.</param>
/// <param name="IsBest">Whether it holds the best validation accuracy so far.</param>
public sealed record CheckpointEvent(string Path, bool IsBest) : TrainingEvent;
