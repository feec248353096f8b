namespace Inception.Data;

/// <summary>
/// Decodes uncompressed Windows bitmaps: BITMAPINFOHEADER and its successors up to V5, a palette of 1, 4 or 8 bits, 24 bits, and 32 bits with
/// the usual or other byte masks; rows from the bottom up or the top down. Alpha is dropped.
/// </summary>
internal static class BmpDecoder
{
    private const int FileHeaderBytes = 14;
    private static readonly string[] Compressions = ["none", "8-bit run lengths", "4-bit run lengths", "bit masks", "JPEG", "PNG"];

    /// <exception cref="DatasetException">It is damaged, too large or of another kind; the message completes "FILE cannot be read: …".</exception>
    public static RgbImage Decode(ReadOnlySpan<byte> bytes)
    {
        var header = BmpHeader.Parse(bytes);
        if (header.Compression != 0 && !(header.Compression == 3 && header.Bits == 32))
        {
            var name = header.Compression < Compressions.Length ? Compressions[header.Compression] : $"of kind {header.Compression}";
            throw new DatasetException($"its compression ({name}) is not supported; save it as an uncompressed 24-bit bitmap or as PNG.");
        }

        if (header.Bits is not (1 or 4 or 8 or 24 or 32))
        {
            throw new DatasetException($"its {header.Bits} bits a pixel are not supported; save it as a 24-bit bitmap or as PNG.");
        }

        RgbImage.CheckSize(header.Width, header.Height);
        var stride = (header.Width * header.Bits + 31) / 32 * 4;
        var expected = stride * header.Height;
        if (header.PixelOffset < FileHeaderBytes || header.PixelOffset + expected > bytes.Length)
        {
            throw new DatasetException($"it has {bytes.Length:N0} bytes; its {expected:N0} bytes of pixels begin at {header.PixelOffset:N0}.");
        }

        var palette = header.Bits <= 8 ? Palette(bytes, header) : [];
        var masks = header.Bits == 32 ? BmpHeader.ByteMasks(bytes, header) : default;
        var image = new RgbImage(header.Width, header.Height);
        for (var y = 0; y < image.Height; y++)
        {
            var line = header.TopDown ? y : image.Height - 1 - y;
            var row = bytes.Slice((int)(header.PixelOffset + line * stride), (int)stride);
            switch (header.Bits)
            {
                case 24: Pick(row, 3, (2, 1, 0), image.Row(y)); break;
                case 32: Pick(row, 4, masks, image.Row(y)); break;
                default: LookUp(row, header.Bits, palette, image.Row(y)); break;
            }
        }

        return image;
    }

    private static ReadOnlySpan<byte> Palette(ReadOnlySpan<byte> bytes, in BmpHeader header)
    {
        var most = 1 << header.Bits;
        var colours = header.Colours == 0 ? most : header.Colours;
        var start = FileHeaderBytes + header.Bytes;
        if (colours > most || start + 4 * colours > header.PixelOffset)
        {
            throw new DatasetException($"its palette of {colours} colours does not fit.");
        }

        return bytes.Slice((int)start, (int)(4 * colours));
    }

    private static void Pick(ReadOnlySpan<byte> row, int pixelBytes, (int R, int G, int B) at, Span<byte> rgb)
    {
        for (int i = 0, o = 0; o < rgb.Length; i += pixelBytes, o += 3)
        {
            (rgb[o], rgb[o + 1], rgb[o + 2]) = (row[i + at.R], row[i + at.G], row[i + at.B]);
        }
    }

    private static void LookUp(ReadOnlySpan<byte> row, int bits, ReadOnlySpan<byte> palette, Span<byte> rgb)
    {
        for (var x = 0; 3 * x < rgb.Length; x++)
        {
            var entry = 4 * PackedSamples.At(row, x, bits);
            if (entry >= palette.Length)
            {
                throw new DatasetException($"a pixel has colour {entry / 4} of a palette of {palette.Length / 4}.");
            }

            (rgb[3 * x], rgb[3 * x + 1], rgb[3 * x + 2]) = (palette[entry + 2], palette[entry + 1], palette[entry]);
        }
    }
}
