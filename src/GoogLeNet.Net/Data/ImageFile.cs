using static TorchSharp.torch;

namespace Inception.Data;

/// <summary>
/// Reads picture files as 8-bit RGB: PNG of every kind, binary PPM and PGM, uncompressed BMP, and JPEG where the system has libturbojpeg. The
/// first bytes decide which, not the name. Gray is repeated, alpha is dropped, 16-bit samples keep their high byte, and
/// color profiles and camera orientation are not applied, as in torchvision's <c>ImageFolder</c>. Pictures have at most 2²⁷ pixels.
/// </summary>
public static class ImageFile
{
    private const long MaxFileBytes = 1 << 30;

    /// <summary>Reads a file.</summary>
    /// <param name="path">The file.</param>
    /// <returns>uint8 (3, H, W), RGB, 0 to 255, on the CPU; it belongs to the caller's dispose scope.</returns>
    /// <exception cref="DatasetException">The file is missing, damaged, too large or of another kind; the message names it and says which.</exception>
    public static Tensor Read(string path) => ToTensor(Load(path));

    /// <summary>Reads a file as a picture of size × size pixels, resampled bilinearly with antialiasing.</summary>
    /// <param name="path">The file.</param>
    /// <param name="size">Width and height of the result, 1 to 16384.</param>
    /// <param name="fit">What happens to a picture that is not square.</param>
    /// <returns>uint8 (3, size, size), RGB, 0 to 255, on the CPU; it belongs to the caller's dispose scope.</returns>
    /// <exception cref="DatasetException">As for <see cref="Read(string)"/>.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The size is out of range.</exception>
    public static Tensor Read(string path, int size, ImageFit fit = ImageFit.Crop)
    {
        ImageResize.CheckSide(size);
        var image = Load(path);
        var tensor = empty(3, size, size, dtype: ScalarType.Byte, device: CPU);
#pragma warning disable RS0030 // A picture is decoded into the host's memory.
        ImageResize.Fit(image, size, size, fit, tensor.bytes);
#pragma warning restore RS0030
        return tensor;
    }

    /// <summary>Decodes a picture file's bytes.</summary>
    /// <param name="bytes">The whole file.</param>
    /// <param name="name">How messages call it.</param>
    /// <returns>uint8 (3, H, W), RGB, 0 to 255, on the CPU; it belongs to the caller's dispose scope.</returns>
    /// <exception cref="DatasetException">The picture is damaged, too large or of another kind; the message names it and says which.</exception>
    public static Tensor Decode(ReadOnlySpan<byte> bytes, string name) => ToTensor(ImageDecoder.Decode(bytes.ToArray(), name));

    /// <summary>Reads and decodes a file.</summary>
    /// <exception cref="DatasetException">As for <see cref="Read(string)"/>.</exception>
    internal static RgbImage Load(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        TorchRuntime.EnsureLoaded();
        return ImageDecoder.Decode(ReadBytes(path), path);
    }

    // The length first: pipes and devices have none, and opening them could wait for ever.
    private static byte[] ReadBytes(string path)
    {
        try
        {
            var length = new FileInfo(path) is { Exists: true } ? Files.LengthOf(path) : throw new DatasetException(
                Directory.Exists(path) ? "it is a folder." : "it does not exist.");
            if (length is 0 or > MaxFileBytes)
            {
                throw new DatasetException(length == 0 ? "it is empty." : $"its {length:N0} bytes are above the limit of {MaxFileBytes:N0}.");
            }

            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, bufferSize: 0);
            var bytes = GC.AllocateUninitializedArray<byte>((int)length);
            stream.ReadExactly(bytes);
            return bytes;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new DatasetException($"'{path}' cannot be read: {Failure.Reason(e)}", e);
        }
    }

    private static Tensor ToTensor(RgbImage image)
    {
        var tensor = empty(3, image.Height, image.Width, dtype: ScalarType.Byte, device: CPU);
#pragma warning disable RS0030 // A picture is decoded into the host's memory.
        RgbImage.ToPlanes(image.Pixels, tensor.bytes);
#pragma warning restore RS0030
        return tensor;
    }
}

/// <summary>How a picture is brought to a size of other proportions.</summary>
public enum ImageFit
{
    /// <summary>Resizes the relatively shorter side to fit and cuts out the middle, as torchvision's Resize and CenterCrop do.</summary>
    Crop,

    /// <summary>Resizes both sides; proportions change.</summary>
    Stretch,
}
