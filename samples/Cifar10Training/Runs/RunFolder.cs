using Cifar10Training.Commands;
using Inception.Training;

namespace Cifar10Training.Runs;

/// <summary>The folder of one run. Disposed before anything was written to it, it takes itself away again.</summary>
internal sealed class RunFolder : IDisposable
{
    public const string ConfigName = "config.json";

    private readonly bool created;

    private RunFolder(string path, bool created) => (Path, this.created) = (path, created);

    /// <summary>The folder as it was given.</summary>
    public string Path { get; }

    /// <summary>Whether there is a checkpoint to continue from.</summary>
    public bool HasCheckpoint => CheckpointFiles.Furthest(Path) is not null;

    public string Config => PathOf(ConfigName);

    public string History => PathOf("history.csv");

    public string Metrics => PathOf("metrics.json");

    public string Report => PathOf("report.html");

    public string Curve => PathOf("curve.svg");

    /// <summary>Makes sure that the folder exists and can be written to.</summary>
    /// <param name="path">The folder.</param>
    /// <param name="resumed">Whether it may hold the run's files already.</param>
    /// <exception cref="UsageException">The folder holds another run.</exception>
    /// <exception cref="RunException">The folder cannot be created or written to.</exception>
    public static RunFolder Open(string path, bool resumed)
    {
        if (!resumed)
        {
            RefuseIfTaken(path);
        }

        try
        {
            var created = !Directory.Exists(path);
            Directory.CreateDirectory(path);
            var probe = System.IO.Path.Combine(path, $".{System.IO.Path.GetRandomFileName()}");
            File.Create(probe, bufferSize: 1, FileOptions.DeleteOnClose).Dispose();
            return new RunFolder(path, created);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new RunException($"The output folder {path} cannot be written to: {Failure.OneLine(e.Message)}", e);
        }
    }

    /// <summary>Refuses a folder that holds a run, so that nothing is overwritten; one that was killed before its first checkpoint does not count.</summary>
    /// <exception cref="UsageException">It holds one.</exception>
    public static void RefuseIfTaken(string path)
    {
        // Whatever they hold: they would be overwritten.
        string[] checkpoints = [CheckpointFiles.Last, CheckpointFiles.Best];
        if (File.Exists(System.IO.Path.Combine(path, ConfigName)) && checkpoints.Any(name => File.Exists(System.IO.Path.Combine(path, name))))
        {
            throw new UsageException($"{path} holds a run already; continue it with --resume, or choose another --out.");
        }
    }

    public void Dispose()
    {
        if (created && Directory.Exists(Path) && !Directory.EnumerateFileSystemEntries(Path).Any())
        {
            Directory.Delete(Path);
        }
    }

    private string PathOf(string name) => System.IO.Path.Combine(Path, name);
}
