using System.Net;
using System.Net.Http.Headers;
using Microsoft.Extensions.Logging;

namespace Inception.Data;

/// <summary>How far a download is.</summary>
/// <param name="Source">What is being fetched: an address, or a package.</param>
/// <param name="BytesReceived">Bytes on disk so far, those of an earlier, resumed attempt included.</param>
/// <param name="TotalBytes">Bytes when complete; null where the source does not say.</param>
public readonly record struct DownloadProgress(string Source, long BytesReceived, long? TotalBytes);

/// <summary>Fetches one file of known length and SHA-256 over HTTP, going on where an earlier attempt stopped.</summary>
internal sealed class Download(Cifar10Sources sources, IProgress<DownloadProgress>? progress, ILogger logger)
{
    private const int MaxAttempts = 5;
    private const int BufferBytes = 1 << 17;

    /// <summary>Leaves the complete, verified file at <paramref name="path"/>, or throws and leaves there what can be resumed.</summary>
    public async Task RunAsync(ArchiveSpec archive, string path, CancellationToken cancellationToken)
    {
        using var client = NewClient();
        for (var attempt = 1; ; attempt++)
        {
            if (LengthOf(path) > archive.Bytes)
            {
                Discard(path, "it is longer than the archive.");
            }

            var before = LengthOf(path);
            try
            {
                if (before != archive.Bytes)
                {
                    await TransferAsync(client, archive, path, before, cancellationToken).ConfigureAwait(false);
                }
            }
            catch (DatasetException) when (attempt < MaxAttempts && LengthOf(path) != before)
            {
                continue; // It got further, or what could not be resumed is gone.
            }
            var wrong = await Task.Run(() => Failure.ChecksumProblem(path, archive.Sha256), cancellationToken).ConfigureAwait(false);
            if (wrong is null)
            {
                return;
            }

            Discard(path, wrong);
            if (before == 0)
            {
                throw new DatasetException($"what it sent is not the archive: {wrong}");
            }
        }
    }

    private HttpClient NewClient() => new(new SocketsHttpHandler { ConnectTimeout = sources.ConnectTimeout })
    {
        Timeout = Timeout.InfiniteTimeSpan,
    };

    private async Task TransferAsync(HttpClient client, ArchiveSpec archive, string path, long offset, CancellationToken cancellationToken)
    {
        using var stall = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            stall.CancelAfter(sources.StallTimeout);
            using var request = new HttpRequestMessage(HttpMethod.Get, archive.Address);
            if (offset > 0)
            {
                DataLog.Resuming(logger, archive.Address, offset);
                request.Headers.Range = new RangeHeaderValue(offset, null);
            }
            using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, stall.Token).ConfigureAwait(false);
            var start = StartOf(response, archive, path, offset);
            await SaveAsync(response, archive, path, start, stall).ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new DatasetException(e.GetBaseException() is TimeoutException
                ? $"no connection within {sources.ConnectTimeout.TotalSeconds:0.#} s."
                : $"no data for {sources.StallTimeout.TotalSeconds:0.#} s.", e);
        }
        catch (Exception e) when (e is HttpRequestException or IOException and not DatasetException)
        {
            throw new DatasetException(Failure.Reason(e), e);
        }
    }

    /// <summary>The byte that the response begins with: the one asked for, or 0 where the server sends everything.</summary>
    private long StartOf(HttpResponseMessage response, ArchiveSpec archive, string path, long offset)
    {
        var start = response.StatusCode switch
        {
            HttpStatusCode.OK => 0,
            HttpStatusCode.PartialContent => response.Content.Headers.ContentRange?.From ?? -1,
            _ => -1,
        };
        if (start != 0 && start != offset || response.StatusCode is HttpStatusCode.PartialContent && offset == 0)
        {
            var reason = $"HTTP {(int)response.StatusCode} {response.ReasonPhrase}.";
            if (response.StatusCode is HttpStatusCode.RequestedRangeNotSatisfiable or HttpStatusCode.PartialContent)
            {
                Discard(path, reason);
            }

            throw new DatasetException(reason);
        }
        if (response.Content.Headers.ContentLength is { } length && start + length != archive.Bytes)
        {
            throw new DatasetException($"it offers {start + length:N0} bytes; the archive has {archive.Bytes:N0}.");
        }

        return start;
    }

    private async Task SaveAsync(HttpResponseMessage response, ArchiveSpec archive, string path, long start, CancellationTokenSource stall)
    {
        var body = await response.Content.ReadAsStreamAsync(stall.Token).ConfigureAwait(false);
        await using var file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.None, bufferSize: 0);
        file.SetLength(start);
        file.Position = start;
        var buffer = new byte[BufferBytes];
        for (var received = start; received < archive.Bytes;)
        {
            progress?.Report(new DownloadProgress(archive.Address.ToString(), received, archive.Bytes));
            stall.CancelAfter(sources.StallTimeout);
            var most = (int)Math.Min(buffer.Length, archive.Bytes - received);
            var read = await body.ReadAsync(buffer.AsMemory(0, most), stall.Token).ConfigureAwait(false);
            if (read == 0)
            {
                throw new DatasetException($"it ended after {received:N0} of {archive.Bytes:N0} bytes.");
            }

            await file.WriteAsync(buffer.AsMemory(0, read), stall.Token).ConfigureAwait(false);
            received += read;
        }
        progress?.Report(new DownloadProgress(archive.Address.ToString(), archive.Bytes, archive.Bytes));
    }

    private void Discard(string path, string reason)
    {
        File.Delete(path);
        DataLog.Discarded(logger, path, reason);
    }

    private static long LengthOf(string path) => File.Exists(path) ? new FileInfo(path).Length : 0;
}
