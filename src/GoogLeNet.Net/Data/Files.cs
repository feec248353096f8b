using System.Security.Cryptography;
using Microsoft.Extensions.Logging;

namespace Inception.Data;

/// <summary>Questions about files.</summary>
internal static class Files
{
    /// <summary>Length of a file or of a symbolic link's target, without opening it: opening a pipe would wait for its writer.</summary>
    /// <exception cref="IOException">There is no such file.</exception>
    public static long LengthOf(string path) => (File.ResolveLinkTarget(path, returnFinalTarget: true) as FileInfo ?? new FileInfo(path)).Length;

    /// <summary>What is wrong with a symbolic link to nothing, as a sentence; null for anything else.</summary>
    public static string? BrokenLink(string path) =>
        new FileInfo(path).LinkTarget is { } target && File.ResolveLinkTarget(path, returnFinalTarget: true) is { Exists: false } ? $"it is a link to '{target}', which does not exist." : null;
}

/// <summary>Work on folders.</summary>
internal static class Folders
{
    /// <summary>Deletes the folder with all it holds, if it is there.</summary>
    public static void Delete(string folder)
    {
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}

/// <summary>Words for what went wrong with a file.</summary>
internal static class Failure
{
    /// <summary>One line that ends with a full stop: what the system's exceptions mean to a user, else the innermost message.</summary>
    public static string Reason(Exception e)
    {
        if (e is UnauthorizedAccessException)
        {
            return "permission denied.";
        }

        if (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return "it does not exist.";
        }

        var line = (e is DatasetException ? e : e.GetBaseException()).Message.Split('\n', 2)[0].Trim();
        return line.EndsWith('.') ? line : line + ".";
    }

    /// <summary>Null if the file has the expected SHA-256, else a sentence with the one found.</summary>
    /// <param name="path">The file.</param>
    /// <param name="expected">Its digits, or those that it begins with.</param>
    public static string? ChecksumProblem(string path, string expected)
    {
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 1 << 17);
        var found = Convert.ToHexStringLower(SHA256.HashData(stream));
        return found.StartsWith(expected, StringComparison.Ordinal) ? null : $"its SHA-256 is {found}; {expected}{(expected.Length < found.Length ? "…" : "")} expected.";
    }
}

/// <summary>The platform's folder for data that can be fetched again.</summary>
internal static class CacheFolder
{
    /// <summary>The library's folder for downloads of one kind.</summary>
    public static string For(string name) => Path.Combine(Root(Environment.GetEnvironmentVariable), "GoogLeNet.Net", name);

    /// <summary>XDG base directories on Linux (a relative XDG_CACHE_HOME is ignored, as that specification asks).</summary>
    public static string Root(Func<string, string?> variable)
    {
        if (OperatingSystem.IsWindows())
        {
            return Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData);
        }

        var home = variable("HOME") is { Length: > 0 } set ? set : Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        if (home.Length == 0)
        {
            home = Path.GetTempPath();
        }

        if (OperatingSystem.IsMacOS())
        {
            return Path.Combine(home, "Library", "Caches");
        }

        return variable("XDG_CACHE_HOME") is { } xdg && Path.IsPathRooted(xdg) ? xdg : Path.Combine(home, ".cache");
    }
}

/// <summary>
/// A lock on a folder among processes: an open file that no other process may open. The operating system releases it however the process ends, so a
/// file left behind blocks nobody. The file is never deleted: two processes could then hold the lock.
/// </summary>
internal static class FolderLock
{
    public const string FileName = ".lock";
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(100);

    public static async Task<IDisposable> AcquireAsync(string folder, ILogger logger, CancellationToken cancellationToken)
    {
        var path = Path.Combine(folder, FileName);
        for (var waiting = false; ; waiting = true)
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException e) when (IsHeld(e))
            {
                if (!waiting)
                {
                    DataLog.WaitingForLock(logger, path);
                }
            }
            await Task.Delay(Poll, cancellationToken).ConfigureAwait(false);
        }
    }

    // EAGAIN on Linux and macOS; sharing and lock violation on Windows.
    public static bool IsHeld(IOException e) => (e.HResult & 0xFFFF) is 11 or 35 or 32 or 33;
}
