using System.Net;
using System.Net.Http.Headers;
using Microsoft.Extensions.Logging;

namespace Inception.Data;

/// <summary>How far a download is.</summary>
/// <param name="Source">What is being fetched: an address, or a package.</param>
/// <param name="BytesReceived">Bytes on disk so far, those of an earlier, resumed attempt included.</param>
/// <param name="TotalBytes">Bytes when complete; null where the source does not say.</param>
public readonly record struct DownloadProgress(string Source, long BytesReceived, long? TotalBytes);

/// <summary>A file that is published: where it is, its name, and what is known of its content.</summary>
/// <param name="Address">Where it is fetched from.</param>
/// <param name="FileName">Its name in a folder of the user's.</param>
/// <param name="Bytes">Its length; null where that is not known before it is fetched.</param>
/// <param name="Sha256">SHA-256 of its bytes in lower-case hexadecimal: all 64 digits, or those that it begins with.</param>
internal sealed record RemoteFile(Uri Address, string FileName, long? Bytes, string Sha256);

/// <summary>How long a download waits.</summary>
/// <param name="Connect">Longest wait for a connection.</param>
/// <param name="Stall">Longest wait for the next bytes.</param>
internal readonly record struct DownloadPatience(TimeSpan Connect, TimeSpan Stall)
{
    public static DownloadPatience Default { get; } = new(TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(30));
}

/// <summary>Fetches one file of known SHA-256 over HTTP, going on where an earlier attempt stopped.</summary>
internal sealed class Download(DownloadPatience patience, IProgress<DownloadProgress>? progress, ILogger logger)
{
    private const int MaxAttempts = 5;
    private const int BufferBytes = 1 << 17;

    /// <summary>Leaves the complete, verified file at <paramref name="path"/>, or throws and leaves there what can be resumed.</summary>
    public async Task RunAsync(RemoteFile file, string path, CancellationToken cancellationToken)
    {
        using var client = NewClient();
        for (var attempt = 1; ; attempt++)
        {
            if (LengthOf(path) > file.Bytes)
            {
                Discard(path, "it is longer than the whole file.");
            }

            var before = LengthOf(path);
            try
            {
                if (before != file.Bytes && !await IsWholeAsync(file, path, before, cancellationToken).ConfigureAwait(false))
                {
                    await TransferAsync(client, file, path, before, cancellationToken).ConfigureAwait(false);
                }
            }
            catch (DatasetException) when (attempt < MaxAttempts && LengthOf(path) != before)
            {
                continue; // It got further, or what could not be resumed is gone.
            }
            var wrong = await Task.Run(() => Failure.ChecksumProblem(path, file.Sha256), cancellationToken).ConfigureAwait(false);
            if (wrong is null)
            {
                return;
            }

            Discard(path, wrong);
            if (before == 0)
            {
                throw new DatasetException($"what it sent is not the file: {wrong}");
            }
        }
    }

    // A part that is whole already, where the length does not tell: a server has nothing to send behind its end.
    private static async Task<bool> IsWholeAsync(RemoteFile file, string path, long length, CancellationToken cancellationToken) =>
        length > 0 && file.Bytes is null && await Task.Run(() => Failure.ChecksumProblem(path, file.Sha256) is null, cancellationToken).ConfigureAwait(false);

    private HttpClient NewClient() => new(new SocketsHttpHandler { ConnectTimeout = patience.Connect })
    {
        Timeout = Timeout.InfiniteTimeSpan,
    };

    private async Task TransferAsync(HttpClient client, RemoteFile remote, string path, long offset, CancellationToken cancellationToken)
    {
        using var stall = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            stall.CancelAfter(patience.Stall);
            using var request = new HttpRequestMessage(HttpMethod.Get, remote.Address);
            if (offset > 0)
            {
                DataLog.Resuming(logger, remote.Address, offset);
                request.Headers.Range = new RangeHeaderValue(offset, null);
            }
            using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, stall.Token).ConfigureAwait(false);
            var start = StartOf(response, remote, path, offset);
            await SaveAsync(response, remote, path, start, stall).ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new DatasetException(e.GetBaseException() is TimeoutException
                ? $"no connection within {patience.Connect.TotalSeconds:0.#} s."
                : $"no data for {patience.Stall.TotalSeconds:0.#} s.", e);
        }
        catch (Exception e) when (e is HttpRequestException or IOException and not DatasetException)
        {
            throw new DatasetException(Failure.Reason(e), e);
        }
    }

    /// <summary>The byte that the response begins with: the one asked for, or 0 where the server sends everything.</summary>
    private long StartOf(HttpResponseMessage response, RemoteFile remote, string path, long offset)
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
        if (response.Content.Headers.ContentLength is { } length && remote.Bytes is { } whole && start + length != whole)
        {
            throw new DatasetException($"it offers {start + length:N0} bytes; the file has {whole:N0}.");
        }

        return start;
    }

    private async Task SaveAsync(HttpResponseMessage response, RemoteFile remote, string path, long start, CancellationTokenSource stall)
    {
        var body = await response.Content.ReadAsStreamAsync(stall.Token).ConfigureAwait(false);
        await using var file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.None, bufferSize: 0);
        file.SetLength(start);
        file.Position = start;
        var whole = remote.Bytes ?? (response.Content.Headers.ContentLength is { } rest ? start + rest : null);
        var buffer = new byte[BufferBytes];
        var received = start;
        while (received != whole)
        {
            progress?.Report(new DownloadProgress(remote.Address.ToString(), received, whole));
            stall.CancelAfter(patience.Stall);
            var most = (int)Math.Min(buffer.Length, (whole ?? long.MaxValue) - received);
            var read = await body.ReadAsync(buffer.AsMemory(0, most), stall.Token).ConfigureAwait(false);
            if (read == 0)
            {
                whole ??= received;
                if (received < whole)
                {
                    throw new DatasetException($"it ended after {received:N0} of {whole:N0} bytes.");
                }

                break;
            }

            await file.WriteAsync(buffer.AsMemory(0, read), stall.Token).ConfigureAwait(false);
            received += read;
        }

        progress?.Report(new DownloadProgress(remote.Address.ToString(), received, whole));
    }

    private void Discard(string path, string reason)
    {
        File.Delete(path);
        DataLog.Discarded(logger, path, reason);
    }

    private static long LengthOf(string path) => File.Exists(path) ? new FileInfo(path).Length : 0;
}
