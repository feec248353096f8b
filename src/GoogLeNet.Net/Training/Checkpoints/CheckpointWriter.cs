using System.Diagnostics;

namespace Inception.Training;

/// <summary>Does with a run's checkpoint folder what its policy decides.</summary>
internal sealed class CheckpointWriter(TrainingState state, TrainerOptions options, Action<CheckpointEvent> written)
{
    private long lastWrite = Stopwatch.GetTimestamp();

    /// <summary>Whether the last checkpoint is older than the policy wants it.</summary>
    public bool IsDue => options.CheckpointFolder is not null && Stopwatch.GetElapsedTime(lastWrite).TotalMinutes > options.Checkpoints.Minutes;

    /// <summary>Makes the folder, so that a run which cannot write ends before it begins, and takes away what a killed run left half-written.</summary>
    public void Prepare()
    {
        if (options.CheckpointFolder is { } folder)
        {
            // An optimizer whose state cannot be kept says so now.
            _ = state.Optimizer.State;
            Directory.CreateDirectory(folder);
            AtomicFile.DeleteLeftovers(folder, CheckpointFiles.Extension);
        }
    }

    /// <summary>Writes the run's newest state.</summary>
    public void WriteLast() => Do(new WriteCheckpoint(CheckpointFiles.Last, IsBest: false));

    /// <summary>Does what is due after an epoch that has entered the history.</summary>
    public void AfterEpoch()
    {
        foreach (var action in options.Checkpoints.Decide(state.History))
        {
            Do(action);
        }
    }

    private void Do(CheckpointAction action)
    {
        lastWrite = Stopwatch.GetTimestamp();
        if (options.CheckpointFolder is not { } folder)
        {
            return;
        }

        var path = Path.Combine(folder, action.Name);
        if (action is WriteCheckpoint write)
        {
            state.Save(path);
            written(new CheckpointEvent(path, write.IsBest));
        }
        else
        {
            File.Delete(path);
        }
    }
}
