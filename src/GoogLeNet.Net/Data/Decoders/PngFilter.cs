namespace Inception.Data.Decoders;

/// <summary>The five row filters of PNG (specification, section 9) for 3 bytes a pixel.</summary>
internal static class PngFilter
{
    private const int PixelBytes = 3;

    /// <summary>Undoes filter <paramref name="type"/> (0 to 4) on <paramref name="row"/> in place; false for another type.</summary>
    public static bool TryUndo(int type, Span<byte> row, ReadOnlySpan<byte> above)
    {
        switch (type)
        {
            case 0: return true;
            case 1: Sub(row); return true;
            case 2: Up(row, above); return true;
            case 3: Average(row, above); return true;
            case 4: Paeth(row, above); return true;
            default: return false;
        }
    }

    private static void Sub(Span<byte> row)
    {
        for (var i = PixelBytes; i < row.Length; i++)
        {
            row[i] += row[i - PixelBytes];
        }
    }

    private static void Up(Span<byte> row, ReadOnlySpan<byte> above)
    {
        for (var i = 0; i < row.Length; i++)
        {
            row[i] += above[i];
        }
    }

    private static void Average(Span<byte> row, ReadOnlySpan<byte> above)
    {
        for (var i = 0; i < row.Length; i++)
        {
            row[i] += (byte)(((i < PixelBytes ? 0 : row[i - PixelBytes]) + above[i]) / 2);
        }
    }

    private static void Paeth(Span<byte> row, ReadOnlySpan<byte> above)
    {
        for (var i = 0; i < PixelBytes; i++)
        {
            row[i] += above[i];
        }

        for (var i = PixelBytes; i < row.Length; i++)
        {
            row[i] += Predict(row[i - PixelBytes], above[i], above[i - PixelBytes]);
        }
    }

    private static byte Predict(int left, int up, int upLeft)
    {
        var (byLeft, byUp, byUpLeft) = (Math.Abs(up - upLeft), Math.Abs(left - upLeft), Math.Abs(left + up - 2 * upLeft));
        return (byte)(byLeft <= byUp && byLeft <= byUpLeft ? left : byUp <= byUpLeft ? up : upLeft);
    }
}
