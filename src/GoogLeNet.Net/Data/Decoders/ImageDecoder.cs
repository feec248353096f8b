namespace Inception.Data;

/// <summary>Decodes a picture by what its first bytes say it is, whatever its name says.</summary>
internal static class ImageDecoder
{
    private const string Readable = "PNG, JPEG, PPM, PGM and BMP can be read";

    /// <exception cref="DatasetException">It cannot be read; the message begins with <paramref name="name"/>.</exception>
    public static RgbImage Decode(byte[] bytes, string name)
    {
        try
        {
            return Decode(bytes);
        }
        catch (DatasetException e)
        {
            throw new DatasetException($"'{name}' cannot be read: {e.Message}", e);
        }
    }

    private static RgbImage Decode(byte[] bytes) => bytes switch
    {
        [0x89, (byte)'P', (byte)'N', (byte)'G', ..] => PngDecoder.Decode(bytes),
        [0xFF, 0xD8, 0xFF, ..] => JpegDecoder.Decode(bytes),
        [(byte)'P', (byte)'5' or (byte)'6', (byte)'#' or (byte)' ' or (>= 9 and <= 13), ..] => PnmDecoder.Decode(bytes),
        [(byte)'B', (byte)'M', ..] => BmpDecoder.Decode(bytes),
        [] => throw new DatasetException("it is empty."),
        _ => throw new DatasetException(Other(bytes) is { } kind ? $"it is {kind}; {Readable}." : $"it is no image of a known kind; {Readable}."),
    };

    private static string? Other(byte[] bytes) => bytes switch
    {
        [(byte)'G', (byte)'I', (byte)'F', (byte)'8', ..] => "a GIF",
        [(byte)'R', (byte)'I', (byte)'F', (byte)'F', _, _, _, _, (byte)'W', (byte)'E', (byte)'B', (byte)'P', ..] => "a WebP",
        [(byte)'I', (byte)'I', 42, 0, ..] or [(byte)'M', (byte)'M', 0, 42, ..] => "a TIFF",
        [_, _, _, _, (byte)'f', (byte)'t', (byte)'y', (byte)'p', ..] => "a HEIC, AVIF or video file",
        [(byte)'P', (byte)'1' or (byte)'2' or (byte)'3' or (byte)'4' or (byte)'7', ..] => "a PNM of another kind than P5 and P6",
        _ => null,
    };
}
