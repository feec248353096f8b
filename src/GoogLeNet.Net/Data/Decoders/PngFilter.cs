namespace Inception.Data;

/// <summary>The five row filters of PNG (specification, section 9).</summary>
internal static class PngFilter
{
    /// <summary>
    /// Undoes filter <paramref name="type"/> (0 to 4) on <paramref name="row"/> in place; false for another type. A sample's left neighbour
    /// is <paramref name="distance"/> bytes before it.
    /// </summary>
    public static bool TryUndo(int type, int distance, Span<byte> row, ReadOnlySpan<byte> above)
    {
        switch (type)
        {
            case 0: return true;
            case 1: Sub(distance, row); return true;
            case 2: Up(row, above); return true;
            case 3: Average(distance, row, above); return true;
            case 4: Paeth(distance, row, above); return true;
            default: return false;
        }
    }

    private static void Sub(int distance, Span<byte> row)
    {
        for (var i = distance; i < row.Length; i++)
        {
            row[i] += row[i - distance];
        }
    }

    private static void Up(Span<byte> row, ReadOnlySpan<byte> above)
    {
        for (var i = 0; i < row.Length; i++)
        {
            row[i] += above[i];
        }
    }

    private static void Average(int distance, Span<byte> row, ReadOnlySpan<byte> above)
    {
        for (var i = 0; i < row.Length; i++)
        {
            row[i] += (byte)(((i < distance ? 0 : row[i - distance]) + above[i]) / 2);
        }
    }

    private static void Paeth(int distance, Span<byte> row, ReadOnlySpan<byte> above)
    {
        for (var i = 0; i < distance; i++)
        {
            row[i] += above[i];
        }

        for (var i = distance; i < row.Length; i++)
        {
            row[i] += Predict(row[i - distance], above[i], above[i - distance]);
        }
    }

    private static byte Predict(int left, int up, int upLeft)
    {
        var (byLeft, byUp, byUpLeft) = (Math.Abs(up - upLeft), Math.Abs(left - upLeft), Math.Abs(left + up - 2 * upLeft));
        return (byte)(byLeft <= byUp && byLeft <= byUpLeft ? left : byUp <= byUpLeft ? up : upLeft);
    }
}
