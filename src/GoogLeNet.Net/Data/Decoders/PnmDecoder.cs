namespace Inception.Data;

/// <summary>
/// Decodes binary PGM (P5) and PPM (P6) with a largest value of 1 to 65535, stretched to 0 … 255. Of several pictures in a file the first
/// is read.
/// </summary>
internal static class PnmDecoder
{
    private const int MostHeaderBytes = 1 << 16;

    /// <exception cref="DatasetException">It is damaged or too large; the message completes "FILE cannot be read: …".</exception>
    public static RgbImage Decode(ReadOnlySpan<byte> bytes)
    {
        var channels = bytes[1] == '6' ? 3 : 1;
        var position = 2;
        var width = Number(bytes, ref position, "width");
        var height = Number(bytes, ref position, "height");
        var most = Number(bytes, ref position, "largest value");
        RgbImage.CheckSize(width, height);
        if (most is < 1 or > ushort.MaxValue)
        {
            throw new DatasetException($"its largest value is {most}; 1 to {ushort.MaxValue} expected.");
        }

        // One white space ends the header.
        var samples = position < bytes.Length && IsSpace(bytes[position]) ? bytes[(position + 1)..] : [];
        var sampleBytes = most > byte.MaxValue ? 2 : 1;
        var expected = width * height * channels * sampleBytes;
        if (samples.Length < expected)
        {
            throw new DatasetException($"it has {samples.Length:N0} bytes of pixels; {expected:N0} expected.");
        }

        var image = new RgbImage(width, height);
        for (int i = 0, o = 0; o < image.Pixels.Length; o++)
        {
            image.Pixels[o] = Sample(samples, i * sampleBytes, sampleBytes, most);
            i += channels == 3 || o % 3 == 2 ? 1 : 0; // grey is repeated
        }

        return image;
    }

    private static byte Sample(ReadOnlySpan<byte> samples, int at, int sampleBytes, int most)
    {
        var value = sampleBytes == 1 ? samples[at] : (samples[at] << 8) | samples[at + 1];
        return value <= most
            ? (byte)((value * 255 + most / 2) / most)
            : throw new DatasetException($"a sample is {value}, above the largest value {most}.");
    }

    private static int Number(ReadOnlySpan<byte> bytes, ref int position, string what)
    {
        SkipSpace(bytes, ref position);
        var first = position;
        var value = 0L;
        for (; position < bytes.Length && bytes[position] is >= (byte)'0' and <= (byte)'9' && value <= int.MaxValue; position++)
        {
            value = 10 * value + bytes[position] - '0';
        }

        return position > first && value <= int.MaxValue ? (int)value : throw new DatasetException($"its header has no {what}.");
    }

    private static void SkipSpace(ReadOnlySpan<byte> bytes, ref int position)
    {
        for (var comment = false; position < Math.Min(bytes.Length, MostHeaderBytes); position++)
        {
            var b = bytes[position];
            comment = comment ? b is not ((byte)'\n' or (byte)'\r') : b == '#';
            if (!comment && !IsSpace(b))
            {
                return;
            }
        }
    }

    private static bool IsSpace(byte b) => b is (byte)' ' or (>= 9 and <= 13);
}
