using Extent = Inception.SafeTensorsHeaderReader.Extent;

namespace Inception;

/// <summary>The rule that the tensors' bytes fill a file's data exactly, each byte owned by one tensor.</summary>
internal static class SafeTensorsLayout
{
    /// <param name="extents">Ordered by where they begin.</param>
    /// <param name="dataStart">Byte of the file where the data begins.</param>
    /// <param name="dataLength">Bytes from there to the end of the file.</param>
    /// <param name="file">What messages call the file.</param>
    /// <exception cref="SafeTensorsException">The first tensor that breaks the rule.</exception>
    public static void Check(IReadOnlyList<Extent> extents, long dataStart, long dataLength, string file)
    {
        long filled = 0;
        foreach (Extent extent in extents)
        {
            if (Problem(extent, filled, dataLength) is { } problem)
            {
                throw new SafeTensorsException(file, problem, extent.Name, Saturate(dataStart, extent.Begin));
            }

            filled = extent.End;
        }

        if (filled < dataLength)
        {
            throw new SafeTensorsException(file, $"{dataLength - filled} bytes follow the last tensor", offset: dataStart + filled);
        }
    }

    private static string? Problem(Extent extent, long filled, long dataLength)
    {
        long begin = extent.Begin, end = extent.End;
        long span = end - begin; // both are 0 or more, so this cannot overflow
        string shape = $"{extent.Type} [{string.Join(", ", extent.Shape)}]";
        if (extent.Type.ByteCount(extent.Shape) is not { } bytes)
        {
            return $"{shape} takes more bytes than 64 bits can count";
        }

        if (bytes != span)
        {
            return $"{shape} takes {bytes} bytes, but its offsets {begin} to {end} span {span}";
        }

        if (begin > filled)
        {
            return $"there is a hole of {begin - filled} bytes before it";
        }

        if (begin < filled)
        {
            return $"it overlaps the tensor before it by {filled - begin} bytes";
        }

        if (end > dataLength)
        {
            return $"the file ends {end - dataLength} bytes before the tensor does";
        }

        return span > Array.MaxLength ? $"its {span} bytes are more than the {Array.MaxLength} of the largest array" : null;
    }

    // An offset from a damaged header can be near 2^63.
    private static long Saturate(long start, long offset) => offset > long.MaxValue - start ? long.MaxValue : start + offset;
}
