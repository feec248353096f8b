using Microsoft.Extensions.Logging;

namespace Inception.Training;

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
