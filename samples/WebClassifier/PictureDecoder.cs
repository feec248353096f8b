using SkiaSharp;

namespace WebClassifier;

/// <summary>A decoded picture.</summary>
/// <param name="Pixels">(<paramref name="Height"/>, <paramref name="Width"/>, channels): red, green and blue of each pixel, or gray; upright.</param>
/// <param name="Width">Its width in pixels.</param>
/// <param name="Height">Its height in pixels.</param>
internal readonly record struct Picture(byte[] Pixels, int Width, int Height);

/// <summary>Decodes JPEG, PNG, WebP, GIF and BMP with SkiaSharp.</summary>
internal static class PictureDecoder
{
    /// <summary>Most pixels of a picture: 160 MB while it is decoded. Looked at before memory is taken.</summary>
    public const int MaxPixels = 40_000_000;

    /// <summary>The picture of a file's bytes, upright as its EXIF orientation says, without alpha.</summary>
    /// <param name="file">The whole file.</param>
    /// <param name="channels">3 for RGB, 1 for gray.</param>
    /// <param name="enough">Pixels of the shorter side that are enough: a larger JPEG is decoded at the smallest of its eight scales that has them.</param>
    /// <exception cref="RefusedException">It is no picture, damaged or too large.</exception>
    public static Picture Decode(ReadOnlySpan<byte> file, int channels, int enough)
    {
        CheckKind(file);
        using var data = SKData.CreateCopy(file);
        using var codec = SKCodec.Create(data) ?? throw new RefusedException(StatusCodes.Status422UnprocessableEntity, "The picture is damaged: its header is broken.");
        var (width, height) = (codec.Info.Width, codec.Info.Height);
        if ((long)width * height > MaxPixels)
        {
            throw new RefusedException(
                StatusCodes.Status413PayloadTooLarge, $"The picture has {width} × {height} pixels; {MaxPixels / 1_000_000} million are the most.");
        }

        var size = codec.EncodedFormat == SKEncodedImageFormat.Jpeg ? Reduced(codec, enough) : codec.Info.Size;
        var info = new SKImageInfo(size.Width, size.Height, SKColorType.Rgba8888, SKAlphaType.Unpremul);
        using var bitmap = new SKBitmap(info);
        var result = codec.GetPixels(info, bitmap.GetPixels());
        return result switch
        {
            SKCodecResult.Success => Upright(bitmap, codec.EncodedOrigin, channels),
            SKCodecResult.IncompleteInput => throw new RefusedException(StatusCodes.Status422UnprocessableEntity, "The picture is damaged: it ends too early."),
            _ => throw new RefusedException(StatusCodes.Status422UnprocessableEntity, "The picture is damaged."),
        };
    }

    // By the first bytes, before any decoder sees the others: Skia has more decoders than these.
    private static void CheckKind(ReadOnlySpan<byte> file)
    {
        var isKnown = file.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xD8, 0xFF]) || file.StartsWith((ReadOnlySpan<byte>)[0x89, (byte)'P', (byte)'N', (byte)'G'])
            || (file.StartsWith("RIFF"u8) && file.Length >= 12 && file[8..].StartsWith("WEBP"u8)) || file.StartsWith("GIF8"u8) || file.StartsWith("BM"u8);
        if (!isKnown)
        {
            throw new RefusedException(StatusCodes.Status415UnsupportedMediaType, "That is no picture that can be read; JPEG, PNG, WebP, GIF and BMP can.");
        }
    }

    private static SKSizeI Reduced(SKCodec codec, int enough)
    {
        for (var eighths = 1; eighths < 8; eighths++)
        {
            var size = codec.GetScaledDimensions(eighths / 8f);
            if (Math.Min(size.Width, size.Height) >= enough)
            {
                return size;
            }
        }

        return codec.Info.Size;
    }

    private static Picture Upright(SKBitmap bitmap, SKEncodedOrigin origin, int channels)
    {
        // Where the upright picture's first pixel is among the stored ones, and how far it is to the pixel below and to the right.
        var swapsSides = origin >= SKEncodedOrigin.LeftTop;
        var fromRight = origin is SKEncodedOrigin.TopRight or SKEncodedOrigin.BottomRight or SKEncodedOrigin.RightBottom or SKEncodedOrigin.LeftBottom;
        var fromBottom = origin is SKEncodedOrigin.BottomRight or SKEncodedOrigin.BottomLeft or SKEncodedOrigin.RightTop or SKEncodedOrigin.RightBottom;
        var (column, row) = (fromRight ? -4 : 4, fromBottom ? -bitmap.RowBytes : bitmap.RowBytes);
        var first = (fromRight ? 4 * (bitmap.Width - 1) : 0) + (fromBottom ? bitmap.RowBytes * (bitmap.Height - 1) : 0);
        var (down, across) = swapsSides ? (column, row) : (row, column);
        var (width, height) = swapsSides ? (bitmap.Height, bitmap.Width) : (bitmap.Width, bitmap.Height);

        var rgba = bitmap.GetPixelSpan();
        var pixels = new byte[width * height * channels];
        var to = 0;
        for (var y = 0; y < height; y++)
        {
            var at = first + (y * down);
            for (var x = 0; x < width; x++, at += across)
            {
                var (red, green, blue) = (rgba[at], rgba[at + 1], rgba[at + 2]);
                if (channels == 1)
                {
                    pixels[to++] = (byte)((red * 19595 + green * 38470 + blue * 7471 + 0x8000) >> 16); // ITU-R 601-2
                }
                else
                {
                    (pixels[to], pixels[to + 1], pixels[to + 2]) = (red, green, blue);
                    to += 3;
                }
            }
        }

        return new Picture(pixels, width, height);
    }
}
