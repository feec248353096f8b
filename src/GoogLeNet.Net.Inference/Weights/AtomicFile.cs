using System.Text;

namespace Inception;

/// <summary>Writes a file whole or not at all, so that no reader and no crash ever finds a half of it.</summary>
public static class AtomicFile
{
    /// <summary>
    /// Writes a temporary file beside <paramref name="path"/>, flushes it to the disk and renames it over <paramref name="path"/>. Where anything fails, <paramref name="path"/> is
    /// as it was and the temporary file is gone.
    /// </summary>
    /// <remarks>A symbolic link stays one, and what it points to is written. A file that was there keeps its permissions. A pipe or a device is written to as it is.</remarks>
    /// <param name="path">The file; its folder exists.</param>
    /// <param name="write">Writes the content.</param>
    /// <exception cref="IOException">The disk is full, the folder does not exist, or another error of the system.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder, or a file that is there, may not be written to.</exception>
    public static void Write(string path, Action<Stream> write)
    {
        ArgumentNullException.ThrowIfNull(write);
        string target = new FileInfo(path).LinkTarget is null ? Path.GetFullPath(path) : File.ResolveLinkTarget(path, returnFinalTarget: true)!.FullName;
        if (OpenIfNoFile(path, target) is { } pipe)
        {
            using (pipe)
            {
                write(pipe);
                return;
            }
        }

        // The name is unique, so that two processes that save to the same path never share a half-written file.
        string temporary = $"{target}.{Path.GetRandomFileName()}.tmp";
        using var stream = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None);
        try
        {
            if (!OperatingSystem.IsWindows() && File.Exists(target))
            {
                File.SetUnixFileMode(temporary, File.GetUnixFileMode(target));
            }

            write(stream);
            stream.Flush(flushToDisk: true);
            stream.Dispose();
            File.Move(temporary, target, overwrite: true);
        }
        catch
        {
            Discard(stream, temporary);
            throw;
        }
    }

    /// <summary>Writes a text as UTF-8.</summary>
    /// <inheritdoc cref="Write(string, Action{Stream})"/>
    /// <param name="path">The file; its folder exists.</param>
    /// <param name="text">The content.</param>
    public static void Write(string path, string text) => Write(path, stream => stream.Write(Encoding.UTF8.GetBytes(text)));

    /// <summary>Deletes what processes that were killed while writing files of that extension have left in a folder.</summary>
    internal static void DeleteLeftovers(string folder, string extension)
    {
        foreach (var leftover in Directory.EnumerateFiles(folder, $"*{extension}.????????.???.tmp"))
        {
            File.Delete(leftover);
        }
    }

    // Opening also refuses a file that may not be written to, which renaming would not. On Windows neither pipes nor devices are found by such a path.
    private static FileStream? OpenIfNoFile(string path, string target)
    {
        bool isDevice = IsDevice(Path.GetFullPath(path)) || IsDevice(target);
        if (OperatingSystem.IsWindows() || !(isDevice || File.Exists(target)))
        {
            return null;
        }

        var stream = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
        if (isDevice || !stream.CanSeek)
        {
            return stream;
        }

        stream.Dispose();
        return null;
    }

    // What a process has open is in /proc; shared memory holds files like any other.
    private static bool IsDevice(string path) =>
        path.StartsWith("/proc/", StringComparison.Ordinal) || (path.StartsWith("/dev/", StringComparison.Ordinal) && !path.StartsWith("/dev/shm/", StringComparison.Ordinal));

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
