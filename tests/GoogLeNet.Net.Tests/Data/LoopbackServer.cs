using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Inception.Tests.Data;

/// <summary>What the server answers: status, body, and how the connection goes wrong.</summary>
internal sealed record Reply(int Status, byte[] Body)
{
    /// <summary>First byte named in Content-Range; null sends no such header.</summary>
    public long? RangeFrom { get; init; }

    public long? DeclaredLength { get; init; }

    /// <summary>Closes the connection after this many bytes of the body.</summary>
    public int? CutAfter { get; init; }

    /// <summary>Goes silent after this many bytes of the body.</summary>
    public int? StallAfter { get; init; }

    /// <summary>How often it pauses within the body, at even distances.</summary>
    public int Pauses { get; init; }

    /// <summary>How long a pause is.</summary>
    public TimeSpan Pause { get; init; }
}

/// <summary>An HTTP/1.1 server on the loopback interface, one request a connection, that answers as told and notes the ranges asked for.</summary>
internal sealed class LoopbackServer : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Func<int, long?, Reply> _answer;

    public LoopbackServer(Func<int, long?, Reply> answer)
    {
        _answer = answer;
        _listener.Start();
        _ = AcceptAsync();
    }

    public Uri Address => new($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}/cifar-10-binary.tar.gz");

    /// <summary>First byte of each request's Range header, in order; null where there was none.</summary>
    public ConcurrentQueue<long?> Ranges { get; } = new();

    /// <summary>Serves a file as a good server does, ranges included.</summary>
    public static Reply Serve(byte[] file, long? from) =>
        from is { } start ? new Reply(206, file[(int)start..]) { RangeFrom = start } : new Reply(200, file);

    public void Dispose()
    {
        _stop.Cancel();
        _listener.Dispose();
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        var stop = _stop.Token;
        for (var request = 0; !stop.IsCancellationRequested; request++)
        {
            var client = await _listener.AcceptTcpClientAsync(stop);
            _ = AnswerAsync(client, request, stop);
        }
    }

    private async Task AnswerAsync(TcpClient client, int request, CancellationToken stop)
    {
        using var _ = client;
        var stream = client.GetStream();
        var range = await ReadRangeAsync(stream, stop);
        Ranges.Enqueue(range);
        var reply = _answer(request, range);
        var length = reply.DeclaredLength ?? reply.Body.Length;
        var head = $"HTTP/1.1 {reply.Status} Status\r\nContent-Length: {length}\r\nConnection: close\r\n"
            + (reply.RangeFrom is { } from ? $"Content-Range: bytes {from}-{from + length - 1}/{from + length}\r\n" : "") + "\r\n";
        await stream.WriteAsync(Encoding.ASCII.GetBytes(head), stop);
        var body = reply.Body.AsMemory(0, reply.CutAfter ?? reply.StallAfter ?? reply.Body.Length);
        for (var pause = 0; pause < reply.Pauses; pause++)
        {
            var piece = body.Length / (reply.Pauses - pause + 1);
            await stream.WriteAsync(body[..piece], stop);
            await Task.Delay(reply.Pause, stop);
            body = body[piece..];
        }

        await stream.WriteAsync(body, stop);
        if (reply.StallAfter is not null)
        {
            await Task.Delay(Timeout.Infinite, stop);
        }
    }

    private static async Task<long?> ReadRangeAsync(NetworkStream stream, CancellationToken stop)
    {
        using var reader = new StreamReader(stream, Encoding.ASCII, leaveOpen: true);
        long? range = null;
        while (await reader.ReadLineAsync(stop) is { Length: > 0 } line)
        {
            if (line.StartsWith("Range: bytes=", StringComparison.OrdinalIgnoreCase))
            {
                range = long.Parse(line["Range: bytes=".Length..].TrimEnd('-'));
            }
        }
        return range;
    }
}
