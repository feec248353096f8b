namespace Inception.Training;

/// <summary>Something that happened in a run; <see cref="MultiHeadTrainer.Fit"/> reports it on the training thread.</summary>
public abstract record TrainingEvent;

/// <summary>An epoch begins.</summary>
/// <param name="Epoch">Epoch, counted from 1.</param>
/// <param name="Epochs">Epochs of the run.</param>
/// <param name="Step">Steps of it that were taken before, in a run that was resumed in its midst.</param>
/// <param name="Steps">Steps in an epoch.</param>
public sealed record EpochBegunEvent(int Epoch, int Epochs, int Step, int Steps) : TrainingEvent;

/// <summary>A step was taken. Progress hears of it a few times a second at most, callbacks every time.</summary>
/// <param name="Epoch">Epoch, counted from 1.</param>
/// <param name="Epochs">Epochs of the run.</param>
/// <param name="Step">Steps taken in the epoch.</param>
/// <param name="Steps">Steps in an epoch.</param>
/// <param name="LearningRate">The step's rate.</param>
/// <param name="ImagesPerSecond">Training speed over this run so far, the first step left out.</param>
/// <param name="Remaining">Estimated time to the end of the run, validation included; null until there is something to go by.</param>
/// <param name="Reading">Reads <see cref="Metrics"/>.</param>
public sealed record StepEvent(
    int Epoch, int Epochs, int Step, int Steps, double LearningRate, double ImagesPerSecond, TimeSpan? Remaining,
    Lazy<IReadOnlyList<HeadMetrics>> Reading) : TrainingEvent
{
    /// <summary>Each head over the epoch so far, as of the first time this is read, which waits for the device.</summary>
    public IReadOnlyList<HeadMetrics> Metrics => Reading.Value;
}

/// <summary>An epoch ended, validation included.</summary>
/// <param name="Record">The epoch's row of the history.</param>
/// <param name="Epochs">Epochs of the run.</param>
/// <param name="History">Every epoch so far, those before a resume included.</param>
public sealed record EpochEvent(EpochRecord Record, int Epochs, History History) : TrainingEvent;

/// <summary>A checkpoint was written.</summary>
/// <param name="Path">The file.</param>
/// <param name="IsBest">Whether it holds the best validation accuracy so far.</param>
public sealed record CheckpointEvent(string Path, bool IsBest) : TrainingEvent;
