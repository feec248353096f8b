using Microsoft.Extensions.Logging;

namespace Inception.Data;

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
