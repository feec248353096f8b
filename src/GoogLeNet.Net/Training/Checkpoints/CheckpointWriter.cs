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

/// <summary>Names of the files in a checkpoint folder.</summary>
public static class CheckpointFiles
{
    /// <summary>What every checkpoint's name ends with.</summary>
    internal const string Extension = ".safetensors";

    /// <summary>The newest state of the run.</summary>
    public const string Last = "last.safetensors";

    /// <summary>The state with the best validation accuracy of the main head; the newest one where there is no validation.</summary>
    public const string Best = "best.safetensors";

    /// <summary>The checkpoint that was written last in a folder, whatever its name; null where there is none. Each is whole: a run that is
    /// killed while it writes one keeps the one before.</summary>
    /// <param name="folder">The folder; it need not exist.</param>
    public static string? Newest(string folder) => !Directory.Exists(folder) ? null
        : Directory.EnumerateFiles(folder, $"*{Extension}").MaxBy(File.GetLastWriteTimeUtc);
}
