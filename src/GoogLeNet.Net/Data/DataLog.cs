using Microsoft.Extensions.Logging;

namespace Inception.Data;

/// <summary>Log messages of data sets.</summary>
internal static partial class DataLog
{
    [LoggerMessage(1, LogLevel.Debug, "CIFAR-10 read from {Place} in {Milliseconds} ms.")]
    public static partial void Read(ILogger logger, string place, long milliseconds);

    [LoggerMessage(2, LogLevel.Information, "CIFAR-10 is not in {Folder} yet; fetching it.")]
    public static partial void CacheEmpty(ILogger logger, string folder);

    [LoggerMessage(3, LogLevel.Warning, "The CIFAR-10 cache is damaged and will be fetched again. {Reason}")]
    public static partial void CacheDamaged(ILogger logger, string reason);

    [LoggerMessage(4, LogLevel.Information, "Another process is fetching into that folder (it holds {LockFile}); waiting.")]
    public static partial void WaitingForLock(ILogger logger, string lockFile);

    [LoggerMessage(5, LogLevel.Information, "CIFAR-10: trying {Source}.")]
    public static partial void Trying(ILogger logger, string source);

    [LoggerMessage(6, LogLevel.Information, "CIFAR-10: {Source} failed: {Reason}")]
    public static partial void SourceFailed(ILogger logger, string source, string reason);

    [LoggerMessage(7, LogLevel.Information, "CIFAR-10: fetched from {Source} and verified; kept in {Folder}.")]
    public static partial void Fetched(ILogger logger, string source, string folder);

    [LoggerMessage(8, LogLevel.Information, "Resuming {Address} at byte {Offset}.")]
    public static partial void Resuming(ILogger logger, Uri address, long offset);

    [LoggerMessage(9, LogLevel.Warning, "The partial download {File} was discarded: {Reason}")]
    public static partial void Discarded(ILogger logger, string file, string reason);

    [LoggerMessage(10, LogLevel.Warning, "Passed over: {Reason}")]
    public static partial void PassedOver(ILogger logger, string reason);
}
