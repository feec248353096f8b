namespace Inception.Training;

/// <summary>The exponential moving average of the weights: a ← d·a + (1 − d)·w after each step, beginning with the first step's weights.</summary>
public sealed record ExponentialAverage : WeightAveraging
{
    /// <summary>A moving average.</summary>
    /// <param name="Decay">Share d of the average that each step keeps, in [0, 1). Default 0.999.</param>
    /// <param name="WarmUp">Whether the n-th step after the first keeps min(d, (1 + n) / (10 + n)) only, as TensorFlow's ExponentialMovingAverage
    /// does, so that the first weights are forgotten sooner. Default false.</param>
    /// <exception cref="ArgumentOutOfRangeException">The decay is outside its range.</exception>
    public ExponentialAverage(double Decay = 0.999, bool WarmUp = false)
    {
        this.Decay = Check.BelowOne(Decay);
        this.WarmUp = WarmUp;
    }

    /// <summary>Share of the average that each step keeps.</summary>
    public double Decay { get; }

    /// <summary>Whether early steps keep less.</summary>
    public bool WarmUp { get; }

    /// <inheritdoc/>
    internal override double ShareOfNewest(long count) => 1 - (WarmUp ? Math.Min(Decay, (1.0 + count) / (10 + count)) : Decay);
}
