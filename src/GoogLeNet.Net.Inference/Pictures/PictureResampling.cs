namespace Inception.Pictures;

/// <summary>
/// Resizes pictures of bytes bilinearly with antialiasing, to the last bit as Pillow and libtorch do it: the horizontal axis first, triangle filters as wide as an output pixel,
/// weights rounded to 16 bits.
/// </summary>
internal static class PictureResampling
{
    // The most bits of a weight's fraction.
    private const int MostBits = 22;

    /// <summary>The part of a picture that is wanted, resized.</summary>
    /// <param name="picture">(rows, columns, channels).</param>
    /// <param name="columns">Its width.</param>
    /// <param name="channels">Its channels.</param>
    /// <param name="vertical">What becomes of its rows.</param>
    /// <param name="horizontal">What becomes of its columns.</param>
    /// <param name="height">Height of the result.</param>
    /// <param name="width">Width of the result.</param>
    /// <returns>(height, width, channels).</returns>
    public static byte[] Resize(ReadOnlySpan<byte> picture, int columns, int channels, PictureAxis vertical, PictureAxis horizontal, int height, int width)
    {
        var (down, across) = (new Filter(vertical, height), new Filter(horizontal, width));

        // Only the rows that the result is made of.
        var (first, last) = (down.First[0], down.First[^1] + down.Weights[^1].Length);
        var narrow = new byte[(last - first) * width * channels];
        for (var row = first; row < last; row++)
        {
            var source = picture.Slice((int)((((vertical.Start + row) * columns) + horizontal.Start) * channels), (int)horizontal.Length * channels);
            across.Apply(source, narrow.AsSpan((row - first) * width * channels, width * channels), channels);
        }

        var result = new byte[height * width * channels];
        for (var row = 0; row < height; row++)
        {
            var (from, weights) = (down.First[row] - first, down.Weights[row]);
            for (var i = 0; i < width * channels; i++)
            {
                var sum = down.Half;
                for (var j = 0; j < weights.Length; j++)
                {
                    sum += weights[j] * narrow[((from + j) * width * channels) + i];
                }

                result[(row * width * channels) + i] = down.Round(sum);
            }
        }

        return result;
    }

    // For each output pixel the first input pixel that it is made of, and the weights of that one and those behind it.
    private sealed class Filter
    {
        private readonly int bits;

        public Filter(PictureAxis axis, int count)
        {
            var all = new double[axis.Resized][];
            var first = new int[axis.Resized];
            var scale = (double)axis.Length / axis.Resized;
            var reach = Math.Max(scale, 1);
            for (var i = 0; i < all.Length; i++)
            {
                var center = scale * (i + 0.5);
                first[i] = (int)Math.Max((long)(center - reach + 0.5), 0);
                var length = (int)(Math.Min((long)(center + reach + 0.5), axis.Length) - first[i]);
                all[i] = new double[length];
                for (var j = 0; j < length; j++)
                {
                    all[i][j] = Math.Max(0, 1 - Math.Abs((j + first[i] - center + 0.5) / reach));
                }

                var total = all[i].Sum();
                for (var j = 0; j < length; j++)
                {
                    all[i][j] /= total;
                }
            }

            // As many bits as the largest weight leaves room for.
            var largest = all.Max(weights => weights.Max());
            for (bits = 0; bits < MostBits && (int)(0.5 + (largest * (1 << (bits + 1)))) < 1 << 15; bits++)
            {
            }

            Half = 1 << (bits - 1);
            First = first[(int)axis.Skipped..((int)axis.Skipped + count)];
            Weights = [.. all[(int)axis.Skipped..((int)axis.Skipped + count)].Select(weights => Array.ConvertAll(weights, weight => (int)(0.5 + (weight * (1 << bits)))))];
        }

        public int[] First { get; }

        public int[][] Weights { get; }

        public int Half { get; }

        public byte Round(int sum) => (byte)Math.Clamp(sum >> bits, 0, 255);

        public void Apply(ReadOnlySpan<byte> source, Span<byte> target, int channels)
        {
            for (var i = 0; i < First.Length; i++)
            {
                var weights = Weights[i];
                for (var c = 0; c < channels; c++)
                {
                    var sum = Half;
                    for (var j = 0; j < weights.Length; j++)
                    {
                        sum += weights[j] * source[((First[i] + j) * channels) + c];
                    }

                    target[(i * channels) + c] = Round(sum);
                }
            }
        }
    }
}

/// <summary>One axis of a picture that is brought to another size: the part that is resized, its length then, and how much of that stands before the part that is wanted.</summary>
internal readonly record struct PictureAxis(long Start, long Length, long Resized, long Skipped)
{
    // Of pictures longer than this many results only the middle is resized; what a result is made of is at most half an output pixel beside where it would else be.
    private const int MostLengths = 8;

    /// <summary>Both axes of a picture.</summary>
    /// <param name="rows">Its height.</param>
    /// <param name="columns">Its width.</param>
    /// <param name="height">Height of the result.</param>
    /// <param name="width">Width of the result.</param>
    /// <param name="stretches">Whether proportions change; otherwise the relatively shorter side fits and the middle is cut out.</param>
    public static (PictureAxis Vertical, PictureAxis Horizontal) Of(int rows, int columns, int height, int width, bool stretches)
    {
        var (down, across) = Whole(rows, columns, height, width, stretches);
        return (Of(rows, down, height, columns, width), Of(columns, across, width, rows, height));
    }

    /// <summary>Sides of the whole picture after resizing, before the middle is cut out: torchvision's longer side is int(size · long / short).</summary>
    public static (long Height, long Width) Whole(int rows, int columns, int height, int width, bool stretches) =>
        stretches ? (height, width)
        : (long)columns * height < (long)rows * width ? ((long)width * rows / columns, width)
        : (height, (long)height * columns / rows);

    /// <param name="length">Length of the picture.</param>
    /// <param name="resized">Length of the whole picture after resizing.</param>
    /// <param name="wanted">Length of the result.</param>
    /// <param name="otherLength">The other side of the picture.</param>
    /// <param name="otherWanted">The other side of the result.</param>
    private static PictureAxis Of(long length, long resized, long wanted, long otherLength, long otherWanted)
    {
        // As torchvision's CenterCrop: halves round to even.
        var skipped = (long)Math.Round((resized - wanted) / 2.0, MidpointRounding.ToEven);
        if (resized <= MostLengths * Math.Max(wanted, otherWanted))
        {
            return new PictureAxis(0, length, resized, skipped);
        }

        // As many squares (at equal sides of the result) as the middle touches, and one more at each end for the antialiasing.
        var before = (skipped / otherWanted) - 1;
        var count = (wanted / otherWanted) + 4;
        return new PictureAxis(before * otherLength, count * otherLength, count * otherWanted, skipped - (before * otherWanted));
    }
}
