using System.Diagnostics;
using Microsoft.Extensions.Logging;

namespace Inception.Training;

/// <summary>Keeps a run's checkpoint folder as the policy wants it, and resumes the run from a checkpoint.</summary>
internal sealed class CheckpointWriter(MultiHeadModel model, TrainerOptions options, TrainingState state, ILogger logger)
{
    private readonly CheckpointFile file = new(model.Configuration, options);
    private long lastWrite = Stopwatch.GetTimestamp();

    /// <summary>Whether the last checkpoint is older than the policy wants it.</summary>
    public bool IsDue => options.CheckpointFolder is not null && Stopwatch.GetElapsedTime(lastWrite).TotalMinutes > options.Checkpoints.Minutes;

    /// <summary>Makes the folder, so that a run that cannot write ends before it begins, and deletes what a killed run left half-written.</summary>
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

    /// <summary>Continues from a checkpoint of the same model and options.</summary>
    /// <exception cref="CheckpointException">It is no such checkpoint.</exception>
    public void Resume(string path)
    {
        file.ReadInto(state, path);
        logger.Resumed(path, state.Epoch + 1, state.Step);
    }

    /// <summary>Writes the run's newest state.</summary>
    /// <returns>What was written; null without a checkpoint folder.</returns>
    public CheckpointEvent? WriteLast() => Perform(new WriteCheckpoint(CheckpointFiles.Last, IsBest: false));

    /// <summary>Writes and deletes what is due after an epoch that has entered the history.</summary>
    /// <returns>Each file right after it was written.</returns>
    public IEnumerable<CheckpointEvent> AfterEpoch()
    {
        foreach (var action in options.Checkpoints.Decide(state.History))
        {
            if (Perform(action) is { } written)
            {
                yield return written;
            }
        }
    }

    private CheckpointEvent? Perform(CheckpointAction action)
    {
        lastWrite = Stopwatch.GetTimestamp();
        if (options.CheckpointFolder is not { } folder)
        {
            return null;
        }

        var path = Path.Combine(folder, action.Name);
        if (action is WriteCheckpoint write)
        {
            file.Write(path, state);
            return new CheckpointEvent(path, write.IsBest);
        }

        File.Delete(path);
        return null;
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
