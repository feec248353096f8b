namespace Benchmarks.Peers;

/// <summary>One contender's result in one race.</summary>
/// <param name="Contender">Its name.</param>
/// <param name="Blocks">Images in a second, block by block.</param>
/// <param name="PeakMebibytes">Peak memory of its process; 0 where unknown.</param>
internal sealed record Measurement(string Contender, IReadOnlyList<double> Blocks, long PeakMebibytes)
{
    public double Median => MedianOf(Blocks);

    /// <summary>Half of the range, as a share of the median.</summary>
    public double Spread => (Blocks.Max() - Blocks.Min()) / 2 / Median;

    /// <summary>The median over blocks of how many times as fast it was as another in the same turn.</summary>
    public double RatioTo(Measurement other) => MedianOf([.. Blocks.Zip(other.Blocks, (own, others) => own / others)]);

    public static double MedianOf(IReadOnlyList<double> values)
    {
        var sorted = values.Order().ToList();
        var middle = sorted.Count / 2;
        return sorted.Count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}
