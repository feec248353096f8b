using static TorchSharp.torch;

namespace Inception.Data;

/// <summary>Mean and standard deviation of each channel over all pixels of a data set, on the scale 0 to 255: what <c>Normalize</c> takes.</summary>
public sealed record ChannelStatistics
{
    private ChannelStatistics(IReadOnlyList<double> mean, IReadOnlyList<double> standardDeviation) =>
        (Mean, StandardDeviation) = (mean, standardDeviation);

    /// <summary>Mean of each channel.</summary>
    public IReadOnlyList<double> Mean { get; }

    /// <summary>Standard deviation of each channel: the square root of the mean squared distance from the mean.</summary>
    public IReadOnlyList<double> StandardDeviation { get; }

    /// <summary>Computes the statistics of all images from exact integer sums, in about 16 MB beyond the data set.</summary>
    /// <param name="dataset">At least one image, on any device.</param>
    public static ChannelStatistics Compute(IImageDataset dataset)
    {
        ArgumentNullException.ThrowIfNull(dataset);
        var (channels, plane) = (dataset.Shape.Channels, checked(dataset.Shape.Height * dataset.Shape.Width));
        var (sums, squares) = (new long[channels], new long[channels]);
        foreach (var (_, images) in dataset.Parts())
        {
            using var scope = NewDisposeScope();
#pragma warning disable RS0030 // The host adds up, once for a data set and before training.
            var chunk = images.cpu().contiguous().bytes;
#pragma warning restore RS0030
            for (var at = 0; at < chunk.Length; at += plane)
            {
                Add(chunk.Slice(at, plane), ref sums[at / plane % channels], ref squares[at / plane % channels]);
            }
        }

        var count = dataset.Count * plane;
        return new ChannelStatistics(
            Array.AsReadOnly([.. sums.Select(sum => (double)sum / count)]),
            Array.AsReadOnly([.. sums.Zip(squares, (sum, square) => Deviation(sum, square, count))]));
    }

    private static void Add(ReadOnlySpan<byte> pixels, ref long sums, ref long squares)
    {
        var (sum, square) = (0L, 0L);
        foreach (var pixel in pixels)
        {
            sum += pixel;
            square += pixel * pixel;
        }

        sums += sum;
        squares += square;
    }

    // n·Σx² − (Σx)² in whole numbers, so that nothing cancels.
    private static double Deviation(long sum, long square, long count) =>
        Math.Sqrt((double)((Int128)square * count - (Int128)sum * sum)) / count;
}
