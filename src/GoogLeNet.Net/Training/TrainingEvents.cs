namespace Inception.Training;

/// <summary>Something that happened in a run; <see cref="MultiHeadTrainer.Fit"/> reports it on the training thread.</summary>
public abstract record TrainingEvent;

/// <summary>An epoch begins.</summary>
/// <param name="Epoch">Epoch, counted from 1.</param>
/// <param name="Epochs">Epochs of the run.</param>
/// <param name="Step">Steps of it taken before, in a run that was resumed within the epoch.</param>
/// <param name="Steps">Steps in an epoch.</param>
public sealed record EpochBegunEvent(int Epoch, int Epochs, int Step, int Steps) : TrainingEvent;

/// <summary>A step was taken. Progress is told a few times a second at most, callbacks every time.</summary>
/// <param name="Epoch">Epoch, counted from 1.</param>
/// <param name="Epochs">Epochs of the run.</param>
/// <param name="Step">Steps taken in the epoch.</param>
/// <param name="Steps">Steps in an epoch.</param>
/// <param name="LearningRate">The step's rate.</param>
/// <param name="ImagesPerSecond">Training speed over this run so far, the first step left out.</param>
/// <param name="Remaining">Estimated time to the end of the run, validation included; null before the second step.</param>
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

/// <summary>What a callback may ask of the run.</summary>
[Flags]
public enum TrainingRequests
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Write <c>last.safetensors</c> now; without a checkpoint folder, nothing happens.</summary>
    Save = 1,

    /// <summary>Save the run's state and end it: after the current step, or the current epoch if it has ended.</summary>
    Stop = 2,
}

/// <summary>
/// Observes a run and may ask it to save or to stop. It is called on the training thread after every event, every single step included. To observe only,
/// an <see cref="IProgress{T}"/> of <see cref="TrainingEvent"/> is enough; it skips most steps.
/// </summary>
public interface ITrainingCallback
{
    /// <summary>Called after each event of the run.</summary>
    /// <param name="value">What happened. Reading a <see cref="StepEvent"/>'s metrics waits for the device, so read them seldom.</param>
    /// <returns>What the callback asks for.</returns>
    TrainingRequests Observe(TrainingEvent value);
}
