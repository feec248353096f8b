using SkiaSharp;
using static TorchSharp.torch;

namespace Inception.Data;

/// <summary>Decodes pictures with SkiaSharp: what a file is, its first bytes say.</summary>
internal static class PictureCodec
{
    /// <summary>Most pixels of a picture: more than the largest cameras take. Checked before memory is taken.</summary>
    public const long MaxPixels = 1 << 27;

    /// <summary>The picture of a file's bytes, upright as its EXIF orientation says, without alpha.</summary>
    /// <param name="bytes">The whole file.</param>
    /// <param name="name">How messages call it.</param>
    /// <param name="channels">3 for RGB, 1 for gray.</param>
    /// <param name="enough">
    /// Sides (height, width) that are enough for a picture of that height and width; a JPEG is then decoded at the smallest of its eight scales that has them. Null for the
    /// full size.
    /// </param>
    /// <returns>uint8 (channels, H, W) on the CPU.</returns>
    /// <exception cref="DatasetException">It cannot be read; the message begins with <paramref name="name"/>.</exception>
    public static Tensor Decode(ReadOnlySpan<byte> bytes, string name, int channels, Func<int, int, (long Height, long Width)>? enough = null)
    {
        Tensor? planes = null;
        Decode(bytes, name, enough, picture => planes = picture.ToPlanes(channels));
        return planes!;
    }

    /// <summary>As <see cref="Decode(ReadOnlySpan{byte}, string, int, Func{int, int, ValueTuple{long, long}})"/>, for pixels that are used where they lie.</summary>
    /// <param name="bytes">The whole file.</param>
    /// <param name="name">How messages call it.</param>
    /// <param name="enough">Sides that are enough.</param>
    /// <param name="use">Takes the picture, which is there as long as the call lasts.</param>
    /// <exception cref="DatasetException">It cannot be read; the message begins with <paramref name="name"/>.</exception>
    public static void Decode(ReadOnlySpan<byte> bytes, string name, Func<int, int, (long Height, long Width)>? enough, PictureUse use)
    {
        try
        {
            Decode(bytes, enough, use);
        }
        catch (DatasetException e)
        {
            throw new DatasetException($"'{name}' cannot be read: {e.Message}", e);
        }
    }

    private static void Decode(ReadOnlySpan<byte> bytes, Func<int, int, (long Height, long Width)>? enough, PictureUse use)
    {
        PictureBytes.Check(bytes);
        using var data = SKData.CreateCopy(bytes);
        using var codec = SKCodec.Create(data) ?? throw new DatasetException("it is damaged: its header is broken.");
        CheckSize(codec, bytes.Length);

        var orientation = new Orientation(codec.EncodedOrigin);
        var (size, kept) = ReducedSize(codec, orientation, enough);
        var info = new SKImageInfo(size.Width, size.Height, SKColorType.Rgba8888, SKAlphaType.Unpremul);
        using var bitmap = new SKBitmap(info);
        var result = codec.GetPixels(info, bitmap.GetPixels());
        if (result != SKCodecResult.Success)
        {
            throw new DatasetException(result == SKCodecResult.IncompleteInput ? PictureBytes.EndsTooEarly : "it is damaged.");
        }

        var (height, width) = orientation.Upright(kept.Height, kept.Width);
        var (wholeHeight, wholeWidth) = orientation.Upright(codec.Info.Height, codec.Info.Width);
        var (first, down, across) = orientation.Walk(kept, bitmap.RowBytes);
        use(new DecodedPicture(bitmap.GetPixelSpan(), height, width, wholeHeight, wholeWidth, first, down, across));
    }

    private static void CheckSize(SKCodec codec, int bytes)
    {
        var (width, height) = ((long)codec.Info.Width, (long)codec.Info.Height);
        if (width * height > MaxPixels)
        {
            throw new DatasetException($"its size {width}×{height} is above the limit of {MaxPixels:N0} pixels.");
        }

        // More than these no byte can hold: JPEG takes a bit or more for a block of 64 pixels (and twice that to be safe), PNG compresses 1032 bytes of single bits into one,
        // GIF's codes of 12 bits grow to 4,096 pixels. WebP has no such bound.
        var mostPerByte = codec.EncodedFormat switch
        {
            SKEncodedImageFormat.Webp => MaxPixels,
            SKEncodedImageFormat.Jpeg => 1024,
            _ => 8 * 1032,
        };
        if (width * height > mostPerByte * bytes)
        {
            throw new DatasetException($"it is damaged: {bytes:N0} bytes cannot hold {width}×{height} pixels.");
        }
    }

    // The size to decode, and the part of it that is kept: sizes are rounded up, so a last row or column of which less than half is picture would shift all others.
    private static (SKSizeI Decoded, SKSizeI Kept) ReducedSize(SKCodec codec, Orientation orientation, Func<int, int, (long Height, long Width)>? enough)
    {
        var whole = codec.Info.Size;
        if (enough is not null && codec.EncodedFormat == SKEncodedImageFormat.Jpeg)
        {
            var upright = orientation.Upright(whole.Height, whole.Width);
            var least = enough(upright.Height, upright.Width);
            for (var eighths = 1; eighths < 8; eighths++)
            {
                var kept = new SKSizeI(((whole.Width * eighths) + 4) / 8, ((whole.Height * eighths) + 4) / 8);
                var (height, width) = orientation.Upright(kept.Height, kept.Width);
                if (height >= least.Height && width >= least.Width)
                {
                    return (codec.GetScaledDimensions(eighths / 8f), kept);
                }
            }
        }

        return (whole, whole);
    }

    /// <summary>How the stored rows become the upright picture: EXIF's eight orientations.</summary>
    private readonly record struct Orientation(SKEncodedOrigin Origin)
    {
        private bool SwapsSides => Origin >= SKEncodedOrigin.LeftTop;

        private bool FromRight => Origin is SKEncodedOrigin.TopRight or SKEncodedOrigin.BottomRight or SKEncodedOrigin.RightBottom or SKEncodedOrigin.LeftBottom;

        private bool FromBottom => Origin is SKEncodedOrigin.BottomRight or SKEncodedOrigin.BottomLeft or SKEncodedOrigin.RightTop or SKEncodedOrigin.RightBottom;

        public (int Height, int Width) Upright(int height, int width) => SwapsSides ? (width, height) : (height, width);

        /// <summary>Where the upright picture's first pixel is among the stored RGBA bytes, and the steps to the pixel below and to the right.</summary>
        public (int First, int Down, int Across) Walk(SKSizeI size, int rowBytes)
        {
            var column = FromRight ? -4 : 4;
            var row = FromBottom ? -rowBytes : rowBytes;
            var first = (FromRight ? 4 * (size.Width - 1) : 0) + (FromBottom ? rowBytes * (size.Height - 1) : 0);
            return SwapsSides ? (first, column, row) : (first, row, column);
        }
    }
}

/// <summary>Takes a decoded picture.</summary>
internal delegate void PictureUse(DecodedPicture picture);

/// <summary>A decoded picture's pixels as they lie in memory, and how to walk over them as the upright picture.</summary>
/// <param name="rgba">Four bytes for each pixel.</param>
/// <param name="height">Height of the upright picture.</param>
/// <param name="width">Width of the upright picture.</param>
/// <param name="wholeHeight">Its height before it was decoded at a reduced size.</param>
/// <param name="wholeWidth">Its width before that.</param>
/// <param name="first">Place of its first pixel.</param>
/// <param name="down">Bytes from a pixel to the one below.</param>
/// <param name="across">Bytes from a pixel to the one on its right.</param>
internal readonly ref struct DecodedPicture(Span<byte> rgba, int height, int width, int wholeHeight, int wholeWidth, int first, int down, int across)
{
    private readonly Span<byte> pixels = rgba;

    public ReadOnlySpan<byte> Rgba => pixels;

    public int Height => height;

    public int Width => width;

    public int WholeHeight => wholeHeight;

    public int WholeWidth => wholeWidth;

    public int First => first;

    public int Down => down;

    public int Across => across;

    /// <summary>uint8 (channels, H, W) on the CPU.</summary>
    public Tensor ToPlanes(int channels)
    {
        var picture = empty(channels, height, width, dtype: ScalarType.Byte, device: CPU);
        var rgba = Rgba;
        var planes = picture.bytes;
        for (var y = 0; y < height; y++)
        {
            var at = first + (y * down);
            var red = planes.Slice(y * width, width);
            if (channels == 1)
            {
                for (var x = 0; x < width; x++, at += across)
                {
                    red[x] = Gray(rgba[at], rgba[at + 1], rgba[at + 2]);
                }

                continue;
            }

            var green = planes.Slice((height + y) * width, width);
            var blue = planes.Slice(((2 * height) + y) * width, width);
            for (var x = 0; x < width; x++, at += across)
            {
                (red[x], green[x], blue[x]) = (rgba[at], rgba[at + 1], rgba[at + 2]);
            }
        }

        return picture;
    }

    /// <summary>Writes each pixel's gray in place of its red.</summary>
    public void RedToGray()
    {
        for (var at = 0; at + 2 < pixels.Length; at += 4)
        {
            pixels[at] = Gray(pixels[at], pixels[at + 1], pixels[at + 2]);
        }
    }

    // ITU-R 601-2 luma in Pillow's fixed-point numbers.
    private static byte Gray(int red, int green, int blue) => (byte)((red * 19595 + green * 38470 + blue * 7471 + 0x8000) >> 16);
}
