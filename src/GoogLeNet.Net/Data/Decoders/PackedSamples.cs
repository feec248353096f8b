namespace Inception.Data;

/// <summary>Samples of 1, 2, 4 or 8 bits, the leftmost in the highest bits of a byte, as PNG and BMP pack them.</summary>
internal static class PackedSamples
{
    public static int At(ReadOnlySpan<byte> row, int index, int depth)
    {
        var bit = index * depth;
        return row[bit >> 3] >> (8 - depth - (bit & 7)) & ((1 << depth) - 1);
    }
}
