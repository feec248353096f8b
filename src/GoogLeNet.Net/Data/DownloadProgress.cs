namespace Inception.Data;

/// <summary>How far a download is.</summary>
/// <param name="Source">What is being fetched: an address, or a package.</param>
/// <param name="BytesReceived">Bytes on disk so far, those of an earlier, resumed attempt included.</param>
/// <param name="TotalBytes">Bytes when complete; null where the source does not say.</param>
public readonly record struct DownloadProgress(string Source, long BytesReceived, long? TotalBytes);
