namespace Inception.Data;

/// <summary>
/// Turns a PNG's samples into 8-bit RGB: grey is repeated, alpha dropped, a palette looked up, fewer than 8 bits stretched to 0 … 255, and of
/// 16 bits the high byte is kept.
/// </summary>
internal static class PngPixels
{
    /// <summary>Converts as many pixels as <paramref name="rgb"/> has room for.</summary>
    /// <exception cref="DatasetException">A pixel names an entry that the palette lacks; the message completes "FILE cannot be read: …".</exception>
    public static void ToRgb(in PngHeader header, ReadOnlySpan<byte> palette, ReadOnlySpan<byte> samples, Span<byte> rgb)
    {
        switch (header.Colour)
        {
            case PngColour.Palette: LookUp(header.BitDepth, palette, samples, rgb); break;
            case PngColour.Grey when header.BitDepth < 8: Stretch(header.BitDepth, samples, rgb); break;
            case PngColour.Grey or PngColour.GreyAlpha: Pick(header.FilterDistance, 0, samples, rgb); break;
            default: Pick(header.FilterDistance, header.BitDepth / 8, samples, rgb); break;
        }
    }

    private static void LookUp(int depth, ReadOnlySpan<byte> palette, ReadOnlySpan<byte> samples, Span<byte> rgb)
    {
        for (var x = 0; 3 * x < rgb.Length; x++)
        {
            var entry = PackedSamples.At(samples, x, depth);
            if (3 * entry >= palette.Length)
            {
                throw new DatasetException($"a pixel has colour {entry} of a palette of {palette.Length / 3}.");
            }

            palette.Slice(3 * entry, 3).CopyTo(rgb[(3 * x)..]);
        }
    }

    private static void Stretch(int depth, ReadOnlySpan<byte> samples, Span<byte> rgb)
    {
        var factor = 255 / ((1 << depth) - 1);
        for (var x = 0; 3 * x < rgb.Length; x++)
        {
            rgb.Slice(3 * x, 3).Fill((byte)(factor * PackedSamples.At(samples, x, depth)));
        }
    }

    // Samples are big-endian, so the high byte of each is its first.
    private static void Pick(int pixelBytes, int step, ReadOnlySpan<byte> samples, Span<byte> rgb)
    {
        for (int i = 0, o = 0; o < rgb.Length; i += pixelBytes, o += 3)
        {
            rgb[o] = samples[i];
            rgb[o + 1] = samples[i + step];
            rgb[o + 2] = samples[i + 2 * step];
        }
    }
}
