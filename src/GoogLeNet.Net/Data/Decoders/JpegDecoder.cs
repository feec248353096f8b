using System.Runtime.InteropServices;

namespace Inception.Data;

/// <summary>
/// Decodes JPEG through the system's libturbojpeg, which this package does not bring: baseline and progressive, grey and colour. The
/// orientation that a camera notes is not applied. Whatever the library warns of counts as damage.
/// </summary>
internal static class JpegDecoder
{
    private const int PixelFormatRgb = 0;
    private const int FirstFourChannelColorSpace = 3; // CMYK, and then YCCK

    // Huffman codes take a bit or more for each block of 64 pixels: 512 in a byte; twice that to be safe.
    private const int MostPixelsPerByte = 1024;
    private const int StopOnWarning = 8192;
    private const int LimitScans = 32768; // since 2.1; without meaning before

    /// <exception cref="DatasetException">It is damaged or too large, or the library is absent; the message completes "FILE cannot be read: …".</exception>
    public static RgbImage Decode(byte[] bytes) => Decode(bytes, TurboJpeg.System);

    /// <inheritdoc cref="Decode(byte[])"/>
    internal static RgbImage Decode(byte[] bytes, TurboJpeg? library)
    {
        if (library is null)
        {
            throw new DatasetException("reading JPEG needs libturbojpeg, which is not installed (Debian, Ubuntu: apt-get install libturbojpeg0;"
                + " Fedora: dnf install turbojpeg; macOS: brew install jpeg-turbo; Windows: put turbojpeg.dll on the PATH). Or convert the file to PNG.");
        }

        var decompressor = library.InitDecompress();
        if (decompressor == 0)
        {
            throw new DatasetException($"libturbojpeg does not start: {library.Error(decompressor)}");
        }

        try
        {
            return Decode(bytes, library, decompressor);
        }
        finally
        {
            _ = library.Destroy(decompressor);
        }
    }

    private static RgbImage Decode(byte[] bytes, TurboJpeg library, nint decompressor)
    {
        var length = new CULong((uint)bytes.Length);
        if (library.ReadHeader(decompressor, bytes, length, out var width, out var height, out _, out var colorSpace) != 0)
        {
            throw Damaged(library, decompressor);
        }

        if (colorSpace >= FirstFourChannelColorSpace)
        {
            throw new DatasetException("its colours are CMYK; convert it to RGB.");
        }

        if ((long)width * height > (long)MostPixelsPerByte * bytes.Length)
        {
            throw new DatasetException($"its {bytes.Length:N0} bytes cannot hold {width}×{height} pixels.");
        }

        var image = new RgbImage(width, height);
        return library.Decompress(
            decompressor, bytes, length, image.Pixels, width, 0, height, PixelFormatRgb, StopOnWarning | LimitScans) == 0
            ? image
            : throw Damaged(library, decompressor);
    }

    private static DatasetException Damaged(TurboJpeg library, nint decompressor) =>
        new($"libturbojpeg says: {library.Error(decompressor)}");
}
