namespace Inception.Data;

/// <summary>Decodes a whole PNG of any kind that the specification knows. Colour profiles, gamma and animation are not looked at.</summary>
internal static class PngDecoder
{
    // Deflate codes at most 258 bytes in 2 bits, so a file of n bytes cannot hold more than this times n.
    private const int LargestDeflateRatio = 1032;

    // Adam7 (specification, section 8.2): first column and row, and the steps from pixel to pixel.
    private static readonly (int X, int Y, int StepX, int StepY)[] Passes =
        [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)];

    /// <exception cref="DatasetException">It is damaged or too large; the message completes "FILE cannot be read: …".</exception>
    public static RgbImage Decode(byte[] bytes)
    {
        using var reader = new PngReader(new MemoryStream(bytes));
        var header = reader.Header;
        RgbImage.CheckSize(header.Width, header.Height);
        if ((long)header.Height * header.RowBytes(header.Width) > (long)LargestDeflateRatio * bytes.Length)
        {
            throw new DatasetException($"its {bytes.Length:N0} bytes cannot hold {header.Width}×{header.Height} pixels.");
        }

        var image = new RgbImage(header.Width, header.Height);
        if (header.Interlaced)
        {
            ReadPasses(reader, image);
        }
        else
        {
            for (var y = 0; y < image.Height; y++)
            {
                reader.ReadRow().CopyTo(image.Row(y));
            }
        }

        reader.Finish();
        return image;
    }

    private static void ReadPasses(PngReader reader, RgbImage image)
    {
        foreach (var (firstX, firstY, stepX, stepY) in Passes)
        {
            if (firstX >= image.Width)
            {
                continue; // a pass without columns has no rows either
            }

            reader.BeginPass((image.Width - firstX + stepX - 1) / stepX);
            for (var y = firstY; y < image.Height; y += stepY)
            {
                Spread(reader.ReadRow(), image.Row(y), firstX, stepX);
            }
        }
    }

    private static void Spread(ReadOnlySpan<byte> pixels, Span<byte> row, int first, int step)
    {
        for (int i = 0, x = first; i < pixels.Length; i += 3, x += step)
        {
            pixels.Slice(i, 3).CopyTo(row[(3 * x)..]);
        }
    }
}
