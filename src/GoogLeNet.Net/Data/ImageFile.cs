using static TorchSharp.torch;

namespace Inception.Data;

/// <summary>
/// Reads picture files as 8-bit tensors: JPEG, PNG, WebP, GIF (its first frame) and BMP. What a file is, its first bytes say, not its name. Pictures are turned upright as
/// their EXIF orientation says. Alpha is dropped, 16-bit samples become 8-bit ones, and color profiles are not applied. Pictures have at most 2²⁷ pixels; truncated ones are
/// refused.
/// </summary>
public static class ImageFile
{
    private const long MaxFileBytes = 1 << 30;

    // A JPEG is decoded so large that resizing still halves it: then what the decoder has left out does not show.
    private const int JpegReserve = 2;

    /// <summary>Reads a file, at its own size or resampled bilinearly with antialiasing.</summary>
    /// <param name="path">The file.</param>
    /// <param name="size">
    /// Width of the result, and its height where <paramref name="height"/> is null, 1 to 16384; null for the picture's own size. A JPEG of many times that size is decoded at
    /// an eighth to seven eighths of its own, the least that is twice the size, which is much faster.
    /// </param>
    /// <param name="fit">What happens to a picture of other proportions.</param>
    /// <param name="height">Height of the result, 1 to 16384; only with <paramref name="size"/>.</param>
    /// <param name="channels">3 for RGB, where gray is repeated; 1 for gray, with the weights of ITU-R 601-2 as in Pillow.</param>
    /// <returns>uint8 (channels, H, W), 0 to 255, on the CPU; it belongs to the caller's dispose scope.</returns>
    /// <exception cref="DatasetException">The file is missing, damaged, too large or of another kind; the message names it and says which.</exception>
    /// <exception cref="ArgumentException">A size or the number of channels is out of range, or a height is given without a size.</exception>
    public static Tensor Read(string path, int? size = null, ImageFit fit = ImageFit.Crop, int? height = null, int channels = 3)
    {
        ArgumentNullException.ThrowIfNull(path);
        CheckChannels(channels);
        if (size is not { } width)
        {
            return height is null
                ? Decode(ReadBytes(path), path, channels)
                : throw new ArgumentException("A height needs a size, which is the width.", nameof(height));
        }

        PictureResize.CheckSide(width, nameof(size));
        PictureResize.CheckSide(height ?? width, nameof(height));
        return ReadFitted(path, height ?? width, width, fit, channels);
    }

    /// <summary>Decodes a picture file's bytes.</summary>
    /// <param name="bytes">The whole file.</param>
    /// <param name="name">How messages call it.</param>
    /// <param name="channels">3 for RGB, where gray is repeated; 1 for gray.</param>
    /// <returns>uint8 (channels, H, W), 0 to 255, on the CPU; it belongs to the caller's dispose scope.</returns>
    /// <exception cref="DatasetException">The picture is damaged, too large or of another kind; the message names it and says which.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The number of channels is neither 1 nor 3.</exception>
    public static Tensor Decode(ReadOnlySpan<byte> bytes, string name = "picture", int channels = 3)
    {
        CheckChannels(channels);
        TorchRuntime.EnsureLoaded();
        return PictureCodec.Decode(bytes, name, channels);
    }

    /// <summary>Decodes a picture from a stream, which is read to its end and left open.</summary>
    /// <param name="stream">The whole file.</param>
    /// <param name="name">How messages call it.</param>
    /// <param name="channels">3 for RGB, where gray is repeated; 1 for gray.</param>
    /// <returns>uint8 (channels, H, W), 0 to 255, on the CPU; it belongs to the caller's dispose scope.</returns>
    /// <exception cref="DatasetException">As for <see cref="Decode(ReadOnlySpan{byte}, string, int)"/>.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The number of channels is neither 1 nor 3.</exception>
    public static Tensor Decode(Stream stream, string name = "picture", int channels = 3)
    {
        return Decode(ReadToEnd(stream, name), name, channels);
    }

    /// <summary>What is left of a stream.</summary>
    /// <exception cref="DatasetException">That is more than a picture may have.</exception>
    internal static ReadOnlySpan<byte> ReadToEnd(Stream stream, string name)
    {
        ArgumentNullException.ThrowIfNull(stream);
        var bytes = new MemoryStream();
        var part = new byte[1 << 16];
        for (int read; (read = stream.Read(part)) > 0;)
        {
            bytes.Write(part, 0, read);
            if (bytes.Length > MaxFileBytes)
            {
                throw new DatasetException($"'{name}' cannot be read: it has more than {MaxFileBytes:N0} bytes.");
            }
        }

        return bytes.GetBuffer().AsSpan(0, (int)bytes.Length);
    }

    /// <summary>As <see cref="Read"/> with a size, for arguments that have been checked.</summary>
    internal static Tensor ReadFitted(string path, int height, int width, ImageFit fit, int channels) => DecodeFitted(ReadBytes(path), path, height, width, fit, channels);

    /// <summary>As <see cref="ReadFitted"/>, of a file's bytes.</summary>
    internal static Tensor DecodeFitted(ReadOnlySpan<byte> bytes, string name, int height, int width, ImageFit fit, int channels)
    {
        CheckChannels(channels);
        TorchRuntime.EnsureLoaded();
        using var picture = PictureCodec.Decode(bytes, name, channels, Enough);
        return PictureResize.Fit(picture, height, width, fit);

        (long Height, long Width) Enough(int rows, int columns)
        {
            var whole = PictureResize.Resized(rows, columns, height, width, fit);
            return (JpegReserve * whole.Height, JpegReserve * whole.Width);
        }
    }

    /// <summary>Reads the window of a picture that is chosen by its own height and width.</summary>
    /// <param name="path">The file.</param>
    /// <param name="choose">Chooses it.</param>
    /// <param name="size">Height and width of the result.</param>
    /// <param name="channels">3 or 1.</param>
    /// <param name="result">uint8 (size, size, channels), contiguous, on the CPU.</param>
    internal static void ReadCrop(string path, Func<int, int, CropWindow> choose, int size, int channels, Tensor result)
    {
#pragma warning disable RS0030 // The host's memory.
        PictureCodec.Decode(ReadBytes(path), path, Enough, picture =>
            PictureCrop.Write(picture, choose(picture.WholeHeight, picture.WholeWidth), size, channels, result.bytes));
#pragma warning restore RS0030

        (long Height, long Width) Enough(int rows, int columns)
        {
            var window = choose(rows, columns);
            return (Whole(rows, window.Height), Whole(columns, window.Width));
        }

        long Whole(long length, long part) => ((JpegReserve * size * length) + part - 1) / part;
    }

    /// <exception cref="ArgumentOutOfRangeException">The number is neither 1 nor 3.</exception>
    internal static void CheckChannels(int channels)
    {
        if (channels is not (1 or 3))
        {
            throw new ArgumentOutOfRangeException(nameof(channels), channels, $"channels is {channels}; it must be 3 for RGB or 1 for gray.");
        }
    }

    // The length first: pipes and devices have none, and opening them could wait for ever.
    /// <summary>A file's bytes.</summary>
    /// <exception cref="DatasetException">It is missing, too large or no file.</exception>
    internal static byte[] ReadBytes(string path)
    {
        try
        {
            if (Directory.Exists(path))
            {
                throw new DatasetException("it is a folder.");
            }

            return Files.LengthOf(path) switch
            {
                0 => [],
                > MaxFileBytes => throw new DatasetException($"it has more than {MaxFileBytes:N0} bytes."),
                _ => File.ReadAllBytes(path),
            };
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new DatasetException($"'{path}' cannot be read: {Files.BrokenLink(path) ?? Failure.Reason(e)}", e);
        }
    }
}
