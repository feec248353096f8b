namespace Inception.Data;

/// <summary>
/// Bilinear resampling with antialiasing, as PIL's <c>BILINEAR</c> and OpenCV's and torch's antialiased bilinear do it: a triangle whose
/// half-width is one output pixel's width when the picture shrinks and one input pixel when it grows, centred with half-pixel offsets, its
/// weights made to sum to 1 within the picture.
/// </summary>
internal static class TriangleScaler
{
    /// <summary>Part of the output axis: input length, its length when resampled, and the part of that which is wanted.</summary>
    public readonly record struct Axis(int Input, long Resampled, long First, int Count);

    /// <summary>The window of the resampled picture as R, G and B planes.</summary>
    public static void Resample(RgbImage image, Axis x, Axis y, Span<byte> planes)
    {
        var columns = Taps.For(x);
        var rows = Taps.For(y);
        var firstRow = rows[0].First;
        var lines = new float[(rows[^1].First + rows[^1].Weights.Length - firstRow) * 3 * x.Count];
        for (var line = 0; line * 3 * x.Count < lines.Length; line++)
        {
            Across(image.Row(firstRow + line), columns, lines.AsSpan(line * 3 * x.Count, 3 * x.Count));
        }

        var plane = x.Count * y.Count;
        var sums = new float[3 * x.Count];
        for (var j = 0; j < y.Count; j++)
        {
            Down(lines, rows[j], firstRow, sums);
            for (var i = 0; i < sums.Length; i++)
            {
                planes[i % 3 * plane + j * x.Count + i / 3] = (byte)Math.Clamp(sums[i] + 0.5f, 0, 255);
            }
        }
    }

    private static void Across(ReadOnlySpan<byte> row, Taps[] columns, Span<float> line)
    {
        for (var i = 0; i < columns.Length; i++)
        {
            float red = 0, green = 0, blue = 0;
            var at = 3 * columns[i].First;
            foreach (var weight in columns[i].Weights)
            {
                red += weight * row[at];
                green += weight * row[at + 1];
                blue += weight * row[at + 2];
                at += 3;
            }

            (line[3 * i], line[3 * i + 1], line[3 * i + 2]) = (red, green, blue);
        }
    }

    private static void Down(float[] lines, Taps taps, int firstRow, float[] sums)
    {
        Array.Clear(sums);
        for (var k = 0; k < taps.Weights.Length; k++)
        {
            var line = lines.AsSpan((taps.First - firstRow + k) * sums.Length, sums.Length);
            for (var i = 0; i < sums.Length; i++)
            {
                sums[i] += taps.Weights[k] * line[i];
            }
        }
    }

    /// <summary>Input pixels that an output pixel is made of.</summary>
    private readonly record struct Taps(int First, float[] Weights)
    {
        public static Taps[] For(Axis axis) => [.. Enumerable.Range(0, axis.Count).Select(i => For(axis, axis.First + i))];

        private static Taps For(Axis axis, long output)
        {
            var scale = (double)axis.Input / axis.Resampled;
            var support = Math.Max(1, scale);
            var centre = (output + 0.5) * scale;
            var first = Math.Max(0, (int)(centre - support + 0.5));
            var end = Math.Min(axis.Input, (int)(centre + support + 0.5));
            var weights = Enumerable.Range(first, end - first).Select(i => Math.Max(0, 1 - Math.Abs(i + 0.5 - centre) / support)).ToArray();
            var sum = weights.Sum();
            return new Taps(first, [.. weights.Select(weight => (float)(weight / sum))]);
        }
    }
}
