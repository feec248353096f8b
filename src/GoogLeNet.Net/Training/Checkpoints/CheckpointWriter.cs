using System.Diagnostics;
using Inception.Data;

namespace Inception.Training;

/// <summary>Keeps a run's checkpoint folder as the policy wants it.</summary>
/// <param name="folder">The folder; null for a run without checkpoints.</param>
/// <param name="policy">Which checkpoints to keep.</param>
/// <param name="save">Writes the run's state to a path.</param>
internal sealed class CheckpointWriter(string? folder, CheckpointPolicy policy, Action<string> save) : IDisposable
{
    private const string LockName = ".lock";

    // The names of CheckpointFiles and CheckpointPolicy.
    private static readonly string[] OwnFiles = [CheckpointFiles.Last, $"best*{CheckpointFiles.Extension}", $"epoch-*{CheckpointFiles.Extension}"];

    // The same place, also where the program changes its working directory.
    private readonly string root = Path.GetFullPath(folder ?? ".");
    private FileStream? held;
    private long lastWrite = Stopwatch.GetTimestamp();

    /// <summary>Whether the last checkpoint is older than the policy wants it.</summary>
    public bool IsDue => folder is not null && Stopwatch.GetElapsedTime(lastWrite) > policy.SaveInterval;

    /// <summary>
    /// Creates the folder, so that a run that cannot write ends before it begins, keeps other runs out of it until this is disposed, and deletes what a killed run left half-written.
    /// </summary>
    /// <param name="isResumed">Whether the run goes on from a checkpoint. Otherwise the checkpoints of an earlier run are moved to the folder <see cref="CheckpointFiles.Earlier"/> in it.</param>
    /// <returns>How many were moved.</returns>
    /// <exception cref="IOException">The folder cannot be made, or another run writes to it.</exception>
    public int Prepare(bool isResumed)
    {
        if (folder is not null)
        {
            Directory.CreateDirectory(root);
            held = TakeLock(root, folder, LockName);
            AtomicFile.DeleteLeftovers(root, CheckpointFiles.Extension);
        }

        var left = folder is null || isResumed ? [] : OwnFiles.SelectMany(pattern => Directory.GetFiles(root, pattern)).ToList();
        foreach (var file in left)
        {
            var earlier = Directory.CreateDirectory(Path.Combine(root, CheckpointFiles.Earlier)).FullName;
            File.Move(file, Path.Combine(earlier, Path.GetFileName(file)), overwrite: true);
        }

        return left.Count;
    }

    /// <summary>Writes the run's newest state.</summary>
    /// <returns>What was written; null without a folder.</returns>
    public WrittenCheckpoint? WriteLast() => Perform(new WriteCheckpoint(CheckpointFiles.Last, IsBest: false));

    /// <summary>Writes and deletes what is due after an epoch.</summary>
    /// <param name="history">Every epoch so far.</param>
    /// <returns>Each file right after it was written.</returns>
    public IEnumerable<WrittenCheckpoint> AfterEpoch(IReadOnlyList<EpochRecord> history)
    {
        foreach (var action in policy.Decide(history))
        {
            if (Perform(action) is { } written)
            {
                yield return written;
            }
        }
    }

    /// <summary>Lets other runs into the folder.</summary>
    public void Dispose() => held?.Dispose();

    /// <summary>Keeps other runs out of a folder until it is disposed; the operating system lets go of it however the process ends.</summary>
    /// <remarks>The file goes with the run. Two could hold the lock only where a second one opened it just before it was deleted, and a third began before the second had looked.</remarks>
    /// <exception cref="IOException">Another run holds it.</exception>
    public static FileStream TakeLock(string root, string folder, string name)
    {
        try
        {
            return new FileStream(Path.Combine(root, name), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 1, FileOptions.DeleteOnClose);
        }
        catch (IOException e) when (FolderLock.IsHeld(e))
        {
            throw new IOException($"Another run writes its checkpoints to {folder}. Wait for its end, or give this one a folder of its own.", e);
        }
    }

    private WrittenCheckpoint? Perform(CheckpointAction action)
    {
        lastWrite = Stopwatch.GetTimestamp();
        if (folder is null)
        {
            return null;
        }

        var path = Path.Combine(root, action.Name);
        if (action is WriteCheckpoint write)
        {
            save(path);
            return new WrittenCheckpoint(Path.Combine(folder, action.Name), write.IsBest);
        }

        File.Delete(path);
        return null;
    }
}

/// <summary>A checkpoint that was written.</summary>
internal readonly record struct WrittenCheckpoint(string Path, bool IsBest);

/// <summary>Names of the files in a checkpoint folder.</summary>
public static class CheckpointFiles
{
    /// <summary>The folder, in a run's, for the checkpoints of a run that was there before.</summary>
    internal const string Earlier = "earlier";

    /// <summary>What every checkpoint's name ends with.</summary>
    internal const string Extension = ".safetensors";

    /// <summary>The newest state of the run.</summary>
    public const string Last = "last.safetensors";

    /// <summary>The state with the best validation accuracy of the main head; the newest one where there is no validation.</summary>
    public const string Best = "best.safetensors";

    /// <summary>The state that is best by one of <see cref="CheckpointPolicy.AlsoBestBy"/>, for example <c>best-aux1-loss.safetensors</c>.</summary>
    /// <param name="metric">The metric; what a file's name cannot hold becomes an underscore.</param>
    public static string BestBy(WatchedMetric metric)
    {
        ArgumentNullException.ThrowIfNull(metric);
        return $"best-{string.Concat(metric.ToString().Select(c => char.IsLetterOrDigit(c) || c is '-' or '_' ? c : '_'))}{Extension}";
    }

    /// <summary>
    /// The checkpoint in a folder whose run had come furthest, <see cref="Last"/> of several; null where there is none. Files that are no checkpoints of the trainer do not count,
    /// nor, beside a <see cref="Last"/>, those of runs with other options, which were there before.
    /// </summary>
    /// <param name="folder">The folder; it need not exist.</param>
    /// <exception cref="UnauthorizedAccessException">The folder may not be read.</exception>
    public static string? Furthest(string folder)
    {
        if (!Directory.Exists(folder))
        {
            return null;
        }

        var last = CheckpointPosition.Of(Path.Combine(folder, Last));
        return Directory.EnumerateFiles(folder, $"*{Extension}").Select(path => (Path: path, Run: CheckpointPosition.Of(path)))
            .Where(file => file.Run is { } run && (last is null || run.Options == last.Value.Options))
            .OrderBy(file => file.Run!.Value.Position.Epoch).ThenBy(file => file.Run!.Value.Position.Step).ThenBy(file => Path.GetFileName(file.Path) == Last).LastOrDefault().Path;
    }
}
