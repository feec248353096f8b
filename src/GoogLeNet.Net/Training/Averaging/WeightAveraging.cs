using System.Text.Json.Serialization;

namespace Inception.Training;

/// <summary>
/// An average of the weights over the steps, evaluated and saved beside the weights themselves. Floating-point buffers (batch normalization's running
/// statistics) are averaged alike; counters are not.
/// </summary>
/// <remarks>
/// The same as timm's ModelEmaV2 and torch's AveragedModel with <c>use_buffers</c>. Statistics recomputed with the averaged weights, as by torch's
/// <c>update_bn</c>, would be more exact at the price of a pass over the training images.
/// </remarks>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "averaging")]
[JsonDerivedType(typeof(PolyakAverage), "polyak")]
[JsonDerivedType(typeof(ExponentialAverage), "exponential")]
public abstract record WeightAveraging
{
    private protected WeightAveraging()
    {
    }

    /// <summary>Whether the weights after a step are added to the average.</summary>
    /// <param name="fraction">The fraction of the run that lies before the step, in [0, 1).</param>
    internal virtual bool Includes(double fraction) => true;

    /// <summary>The fraction of the newest weights in the average, in (0, 1].</summary>
    /// <param name="count">How many steps' weights are in the average before them, at least 1.</param>
    internal abstract double FractionOfNewest(long count);
}

/// <summary>The exponential moving average of the weights: a ← d·a + (1 − d)·w after each step, beginning with the first step's weights.</summary>
public sealed record ExponentialAverage : WeightAveraging
{
    /// <summary>Creates a moving average.</summary>
    /// <param name="decay">Fraction d of the average that each step keeps, in [0, 1). Default 0.999.</param>
    /// <param name="warmUp">Whether the n-th step after the first keeps only min(d, (1 + n) / (10 + n)), as in TensorFlow's
    /// ExponentialMovingAverage, so that the first weights are forgotten sooner. Default false.</param>
    /// <exception cref="ArgumentOutOfRangeException">The decay is outside its range.</exception>
    public ExponentialAverage(double decay = 0.999, bool warmUp = false)
    {
        Decay = Check.BelowOne(decay);
        WarmUp = warmUp;
    }

    /// <summary>Fraction of the average that each step keeps.</summary>
    public double Decay { get; }

    /// <summary>Whether early steps keep less.</summary>
    public bool WarmUp { get; }

    /// <inheritdoc/>
    internal override double FractionOfNewest(long count) => 1 - (WarmUp ? Math.Min(Decay, (1.0 + count) / (10 + count)) : Decay);
}

/// <summary>The mean of the weights over all steps after some point of the run (Polyak and Juditsky 1992).</summary>
public sealed record PolyakAverage : WeightAveraging
{
    /// <summary>Creates a mean.</summary>
    /// <param name="startAt">Fraction of the run that lies before the first step whose weights count, in [0, 1); until then the average is the
    /// weights themselves. Default 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">The fraction is outside its range.</exception>
    public PolyakAverage(double startAt = 0) => StartAt = Check.BelowOne(startAt);

    /// <summary>Fraction of the run that lies before the first step whose weights count.</summary>
    public double StartAt { get; }

    /// <inheritdoc/>
    internal override bool Includes(double fraction) => fraction >= StartAt;

    /// <inheritdoc/>
    internal override double FractionOfNewest(long count) => 1.0 / (count + 1);
}
