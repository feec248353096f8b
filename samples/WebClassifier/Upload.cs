using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;

namespace WebClassifier;

/// <summary>Reads a picture's file from a request into memory; nothing is written to a disk.</summary>
internal static class Upload
{
    /// <summary>Most bytes of a file.</summary>
    public const int MaxBytes = 20_000_000;

    private const int MaxFields = 16;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    /// <summary>The file that is the request's body, or the first file of its form.</summary>
    /// <param name="request">The request.</param>
    /// <param name="aborted">Ends the reading.</param>
    /// <exception cref="RefusedException">There is none, it is too large, or it takes too long.</exception>
    /// <exception cref="OperationCanceledException">The request was aborted.</exception>
    public static async Task<ReadOnlyMemory<byte>> ReadAsync(HttpRequest request, CancellationToken aborted)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(aborted);
        limit.CancelAfter(Patience);
        try
        {
            var file = MediaTypeHeaderValue.TryParse(request.ContentType, out var type) && type.MediaType.Equals("multipart/form-data", StringComparison.OrdinalIgnoreCase)
                ? await FromFormAsync(request.Body, HeaderUtilities.RemoveQuotes(type.Boundary).ToString(), limit.Token)
                : await ReadToEndAsync(request.Body, request.ContentLength, limit.Token);
            return file.Length > 0 ? file : throw new RefusedException(StatusCodes.Status400BadRequest, "There is no picture in the request.");
        }
        catch (OperationCanceledException) when (!aborted.IsCancellationRequested)
        {
            throw new RefusedException(StatusCodes.Status408RequestTimeout, "The upload took too long.");
        }
    }

    private static async Task<ReadOnlyMemory<byte>> FromFormAsync(Stream body, string boundary, CancellationToken cancellationToken)
    {
        try
        {
            var reader = new MultipartReader(boundary, body) { BodyLengthLimit = MaxBytes + 1 };
            for (var fields = 0; fields < MaxFields && await reader.ReadNextSectionAsync(cancellationToken) is { } section; fields++)
            {
                if (section.GetContentDispositionHeader()?.IsFileDisposition() == true)
                {
                    return await ReadToEndAsync(section.Body, length: null, cancellationToken);
                }
            }

            return default;
        }
        catch (Exception e) when (e is ArgumentException or InvalidDataException or IOException && e is not BadHttpRequestException)
        {
            throw new RefusedException(StatusCodes.Status400BadRequest, "The form in the request is broken.");
        }
    }

    private static async Task<ReadOnlyMemory<byte>> ReadToEndAsync(Stream stream, long? length, CancellationToken cancellationToken)
    {
        // Memory grows with what arrives, not with what a request says of itself.
        var bytes = new byte[1 << 16];
        var count = 0;
        for (var read = -1; read != 0 && length is null or <= MaxBytes && count <= MaxBytes; count += read)
        {
            if (count == bytes.Length)
            {
                Array.Resize(ref bytes, Math.Min(2 * count, MaxBytes + 1));
            }

            read = await stream.ReadAsync(bytes.AsMemory(count), cancellationToken);
        }

        return length is null or <= MaxBytes && count <= MaxBytes ? bytes.AsMemory(0, count)
            : throw new RefusedException(StatusCodes.Status413PayloadTooLarge, $"The file is too large; {MaxBytes / 1_000_000} MB are the most.");
    }
}
