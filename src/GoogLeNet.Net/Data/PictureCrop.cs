using System.Buffers;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Inception.Data;

/// <summary>Cuts a window out of a decoded picture and resizes it, as <see cref="CropWindow"/> says, in float32; the result is rounded to 8 bits.</summary>
internal static class PictureCrop
{
    // A pixel is computed as four float32 numbers: red, green, blue and what the decoder has left beside them.
    private const int Components = 4;

    /// <summary>Writes the resized window.</summary>
    /// <param name="picture">The picture; of gray results its red becomes gray.</param>
    /// <param name="window">The window, in pixels of the picture before it was reduced.</param>
    /// <param name="size">Height and width of the result.</param>
    /// <param name="channels">3 for RGB, 1 for gray.</param>
    /// <param name="result">(size, size, channels).</param>
    public static void Write(DecodedPicture picture, CropWindow window, int size, int channels, Span<byte> result)
    {
        if (channels == 1)
        {
            picture.RedToGray();
        }

        var (top, height) = Reduced(window.Top, window.Height, picture.Height, picture.WholeHeight);
        var (left, width) = Reduced(window.Left, window.Width, picture.Width, picture.WholeWidth);
        using var down = new Taps(height, size, window.Interpolation);
        using var across = new Taps(width, size, window.Interpolation);

        // Each row of the picture is resized once; as many are kept as a row of the result needs.
        var rowLength = size * Components;
        var memory = ArrayPool<float>.Shared.Rent((down.Most + 1) * rowLength);
        try
        {
            var rows = memory.AsSpan(0, (down.Most + 1) * rowLength);
            Span<int> kept = down.Most <= 256 ? stackalloc int[down.Most] : new int[down.Most];
            kept.Fill(-1);
            var sum = MemoryMarshal.Cast<float, Vector128<float>>(rows[(down.Most * rowLength)..]);
            for (var y = 0; y < size; y++)
            {
                sum.Clear();
                var first = down.First(y);
                var weights = down.Weights(y);
                for (var tap = 0; tap < weights.Length; tap++)
                {
                    var place = (first + tap) % down.Most;
                    var row = MemoryMarshal.Cast<float, Vector128<float>>(rows.Slice(place * rowLength, rowLength));
                    if (kept[place] != first + tap)
                    {
                        kept[place] = first + tap;
                        ResizeRow(picture, top + first + tap, left, across, row);
                    }

                    var weight = Vector128.Create(weights[tap]);
                    for (var x = 0; x < row.Length && x < sum.Length; x++)
                    {
                        sum[x] += row[x] * weight;
                    }
                }

                WriteRow(sum, channels, result.Slice(y * size * channels, size * channels));
            }
        }
        finally
        {
            ArrayPool<float>.Shared.Return(memory);
        }
    }

    // In whole pixels of the reduced picture, of which a result has two or more to a side.
    private static (int Start, int Length) Reduced(int start, int length, int reduced, int whole)
    {
        var from = (int)Math.Min(reduced - 1, Math.Round((double)start * reduced / whole));
        var to = (int)Math.Round((double)(start + length) * reduced / whole);
        return (from, Math.Max(1, to - from));
    }

    private static void ResizeRow(DecodedPicture picture, int y, int left, Taps across, Span<Vector128<float>> row)
    {
        var rgba = picture.Rgba;
        var step = picture.Across;
        var start = picture.First + (y * picture.Down) + (left * step);
        for (var x = 0; x < row.Length; x++)
        {
            var at = start + (across.First(x) * step);
            var sum = Vector128<float>.Zero;
            foreach (var weight in across.Weights(x))
            {
                var pixel = Vector128.CreateScalarUnsafe(MemoryMarshal.Read<uint>(rgba[at..])).AsByte();
                sum += Vector128.ConvertToSingle(Vector128.WidenLower(Vector128.WidenLower(pixel)).AsInt32()) * weight;
                at += step;
            }

            row[x] = sum;
        }
    }

    private static void WriteRow(ReadOnlySpan<Vector128<float>> sums, int channels, Span<byte> row)
    {
        for (int x = 0, at = 0; x < sums.Length; x++, at += channels)
        {
            // Cubic weights overshoot. Halves round to even, as in torch and OpenCV.
            var value = Vector128.ConvertToInt32(Vector128.Round(Vector128.Clamp(sums[x], Vector128<float>.Zero, Vector128.Create(255f))));
            row[at] = (byte)value[0];
            if (channels == 3)
            {
                (row[at + 1], row[at + 2]) = ((byte)value[1], (byte)value[2]);
            }
        }
    }

    /// <summary>For each pixel of the result along an axis: the window's first pixel that it is made of, and the weights of that and the next ones.</summary>
    private sealed class Taps : IDisposable
    {
        private readonly int inputs;
        private readonly float[] matrix;
        private readonly (int First, int Count)[] spans;

        public Taps(int inputs, int outputs, Interpolation interpolation)
        {
            this.inputs = inputs;
            matrix = ArrayPool<float>.Shared.Rent(inputs * outputs);
            var all = matrix.AsSpan(0, inputs * outputs);
            all.Clear();
            new ResamplingWeights(all, inputs, outputs, 0, inputs).Write(interpolation);
            spans = new (int, int)[outputs];
            for (var i = 0; i < outputs; i++)
            {
                var row = all.Slice(i * inputs, inputs);
                var first = row.IndexOfAnyExcept(0);
                spans[i] = (first, row.LastIndexOfAnyExcept(0) - first + 1);
                Most = Math.Max(Most, spans[i].Count);
            }
        }

        /// <summary>The largest number of weights.</summary>
        public int Most { get; }

        public int First(int output) => spans[output].First;

        public ReadOnlySpan<float> Weights(int output) => matrix.AsSpan((output * inputs) + spans[output].First, spans[output].Count);

        public void Dispose() => ArrayPool<float>.Shared.Return(matrix);
    }
}
