namespace Inception.Training;

/// <summary>The mean of the weights after every step from some point of the run on (Polyak and Juditsky 1992).</summary>
public sealed record PolyakAverage : WeightAveraging
{
    /// <summary>A mean.</summary>
    /// <param name="StartAt">Share of the run that lies before the first step whose weights count, in [0, 1); until then the average is the
    /// weights themselves. Default 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">The share is outside its range.</exception>
    public PolyakAverage(double StartAt = 0) => this.StartAt = Check.BelowOne(StartAt);

    /// <summary>Share of the run that lies before the first step whose weights count.</summary>
    public double StartAt { get; }

    /// <inheritdoc/>
    internal override bool Includes(double fraction) => fraction >= StartAt;

    /// <inheritdoc/>
    internal override double ShareOfNewest(long count) => 1.0 / (count + 1);
}
