using Microsoft.Extensions.Logging;

namespace Inception.Training;

/// <summary>Something that happened in a run; <see cref="MultiHeadTrainer.Fit"/> reports it on the training thread.</summary>
public abstract record TrainingEvent;

/// <summary>An epoch begins.</summary>
/// <param name="Epoch">Epoch, counted from 1.</param>
/// <param name="Epochs">Epochs of the run.</param>
/// <param name="Step">Steps of it taken before, in a run that was resumed within the epoch.</param>
/// <param name="Steps">Steps in an epoch.</param>
public sealed record EpochBegunEvent(int Epoch, int Epochs, int Step, int Steps) : TrainingEvent;

/// <summary>A step was taken.</summary>
/// <param name="Epoch">Epoch, counted from 1.</param>
/// <param name="Epochs">Epochs of the run.</param>
/// <param name="Step">Steps taken in the epoch.</param>
/// <param name="Steps">Steps in an epoch.</param>
/// <param name="LearningRate">The step's rate.</param>
/// <param name="ImagesPerSecond">Training speed over this run so far, the first step left out.</param>
/// <param name="Remaining">Estimated time to the end of the run, validation included; null before the second step.</param>
public sealed record StepEvent(
    int Epoch, int Epochs, int Step, int Steps, double LearningRate, double ImagesPerSecond, TimeSpan? Remaining) : TrainingEvent
{
    private readonly Lazy<IReadOnlyList<HeadMetrics>> metrics = new([]);

    /// <summary>Each head over the epoch so far, as of the first time this is read, which waits for the device: read it only where <see cref="IsReportDue"/>.</summary>
    public IReadOnlyList<HeadMetrics> Metrics { get => metrics.Value; init => metrics = new(value); }

    /// <summary>Whether it is time to show something: true a few times a second, and at the last step of an epoch.</summary>
    public bool IsReportDue { get; init; }

    internal Lazy<IReadOnlyList<HeadMetrics>> Reading { init => metrics = value; }
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
/// Observes a run and may ask it to save or to stop. It is called on the training thread after every event, every single step included. An exception that it throws ends the
/// run: the state is saved first, and the exception reaches the caller of <see cref="MultiHeadTrainer.Fit"/>.
/// </summary>
public interface ITrainingCallback
{
    /// <summary>Called after each event of the run.</summary>
    /// <param name="value">What happened.</param>
    /// <returns>What the callback asks for.</returns>
    TrainingRequests Observe(TrainingEvent value);
}

/// <summary>Tells a run's callbacks and its log what happens, and collects what callbacks ask for.</summary>
internal sealed class RunEvents(TrainerOptions options, ILogger logger, RunPart part, RunRanks ranks)
{
    private TrainingRequests agreed;

    /// <summary>What this process's callbacks have asked for.</summary>
    public TrainingRequests Asked { get; private set; }

    /// <summary>What callbacks have asked for; with several processes, as all of them have agreed.</summary>
    public TrainingRequests Requests => ranks.AreSeveral ? agreed : Asked;

    /// <summary>Forgets requests to save.</summary>
    public void ClearSaveRequest()
    {
        Asked &= ~TrainingRequests.Save;
        agreed &= ~TrainingRequests.Save;
    }

    /// <summary>Lets all processes know what callbacks ask for, and what else is to happen after a step.</summary>
    public RunDecision Agree(bool isCanceled = false, bool isSaveDue = false)
    {
        var decision = ranks.Agree(new RunDecision(Asked, isCanceled, isSaveDue));
        agreed |= decision.Requests;
        return decision;
    }

    /// <summary>Tells everyone.</summary>
    public void Publish(TrainingEvent own)
    {
        var value = part.Seen(own);
        if (value is EpochEvent { Record: var record, Epochs: var epochs })
        {
            logger.EpochEnded(record.Epoch, epochs, record.Train[0].Loss, record.Train[0].Accuracy);
        }

        foreach (var callback in options.Callbacks)
        {
            Asked |= callback.Observe(value);
        }
    }
}

/// <summary>The trainer's log messages.</summary>
internal static partial class TrainerLog
{
    [LoggerMessage(1, LogLevel.Information, "Resumed from {Path} at epoch {Epoch}, step {Step}.")]
    public static partial void Resumed(this ILogger logger, string path, int epoch, int step);

    [LoggerMessage(3, LogLevel.Warning, "The folder held {Count} checkpoints of an earlier run; they were moved to {Folder}.")]
    public static partial void MovedEarlier(this ILogger logger, int count, string folder);

    [LoggerMessage(2, LogLevel.Information, "Epoch {Epoch}/{Epochs}: main head's training loss {Loss:F4}, accuracy {Accuracy:P2}.")]
    public static partial void EpochEnded(this ILogger logger, int epoch, int epochs, double loss, double accuracy);
}
