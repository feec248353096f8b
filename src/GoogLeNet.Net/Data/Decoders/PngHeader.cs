using System.Buffers.Binary;

namespace Inception.Data;

/// <summary>What a PNG's samples mean (specification, section 11.2.2), by its colour type.</summary>
internal enum PngColour
{
    Grey = 0,
    Rgb = 2,
    Palette = 3,
    GreyAlpha = 4,
    Rgba = 6,
}

/// <summary>A PNG's IHDR chunk.</summary>
internal readonly record struct PngHeader(int Width, int Height, int BitDepth, PngColour Colour, bool Interlaced)
{
    /// <summary>Bytes of the chunk.</summary>
    public const int Bytes = 13;

    /// <summary>Largest width and height accepted, in pixels.</summary>
    public const int MaxSide = 1 << 16;

    /// <summary>Bytes from a sample to the same one of the pixel to the left, at least 1, for the row filters.</summary>
    public int FilterDistance => Math.Max(1, BitsPerPixel / 8);

    private int BitsPerPixel => BitDepth * Colour switch { PngColour.Rgb => 3, PngColour.GreyAlpha => 2, PngColour.Rgba => 4, _ => 1 };

    /// <summary>Bytes of a row of that many pixels, its filter byte left out.</summary>
    public int RowBytes(int width) => (int)(((long)width * BitsPerPixel + 7) / 8);

    /// <exception cref="DatasetException">The header is impossible; the message completes "FILE cannot be read: …".</exception>
    public static PngHeader Parse(ReadOnlySpan<byte> chunk)
    {
        var (width, height) = (BinaryPrimitives.ReadUInt32BigEndian(chunk), BinaryPrimitives.ReadUInt32BigEndian(chunk[4..]));
        if (width is 0 or > MaxSide || height is 0 or > MaxSide)
        {
            throw new DatasetException($"its size {width}×{height} is outside 1 to {MaxSide} pixels.");
        }

        var (depth, colour, compression, filter, interlace) = (chunk[8], chunk[9], chunk[10], chunk[11], chunk[12]);
        var possible = (colour, depth) switch
        {
            (0, 1 or 2 or 4 or 8 or 16) or (3, 1 or 2 or 4 or 8) or (2 or 4 or 6, 8 or 16) => true,
            _ => false,
        };
        if (!possible || compression != 0 || filter != 0 || interlace > 1)
        {
            throw new DatasetException(
                $"its PNG header is impossible: bit depth {depth}, colour type {colour}, methods {compression}, {filter}, {interlace}.");
        }

        return new PngHeader((int)width, (int)height, depth, (PngColour)colour, interlace == 1);
    }
}
