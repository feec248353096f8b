using Microsoft.Extensions.Logging;

namespace Inception.Data;

/// <summary>
/// Exclusive use of a folder among processes: an open file that nobody else may open. The operating system releases it when the process
/// ends in whatever way, so a file left behind blocks nobody; it is never deleted, because that would let two processes hold it.
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
    private static bool IsHeld(IOException e) => (e.HResult & 0xFFFF) is 11 or 35 or 32 or 33;
}
