namespace Inception;

/// <summary>Writes a file whole or not at all.</summary>
internal static class AtomicFile
{
    /// <summary>
    /// Writes a temporary file beside <paramref name="path"/>, flushes it to the disk and renames it over <paramref name="path"/>.
    /// Where anything fails, <paramref name="path"/> is as it was and the temporary file is gone.
    /// </summary>
    /// <exception cref="IOException">The disk is full, the folder does not exist, or another error of the system.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder may not be written to.</exception>
    public static void Write(string path, Action<Stream> write)
    {
        // The name is unique, so that two processes that save to the same path never share a half-written file.
        string temporary = $"{path}.{Path.GetRandomFileName()}.tmp";
        using var stream = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None);
        try
        {
            write(stream);
            stream.Flush(flushToDisk: true);
            stream.Dispose();
            File.Move(temporary, path, overwrite: true);
        }
        catch
        {
            Discard(stream, temporary);
            throw;
        }
    }

    /// <summary>Deletes what processes that were killed while writing files of that extension have left in a folder.</summary>
    public static void DeleteLeftovers(string folder, string extension)
    {
        foreach (var leftover in Directory.EnumerateFiles(folder, $"*{extension}.*.tmp"))
        {
            File.Delete(leftover);
        }
    }

    private static void Discard(FileStream stream, string temporary)
    {
        try
        {
            stream.Dispose();
        }
        catch (IOException)
        {
            // What was still buffered does not fit the disk either; the first error is the one to report.
        }

        File.Delete(temporary);
    }
}
