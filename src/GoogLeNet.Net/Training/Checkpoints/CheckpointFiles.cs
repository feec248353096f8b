namespace Inception.Training;

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
