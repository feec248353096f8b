namespace Inception.Training;

/// <summary>Multiplies the rate after each epoch: initial · factor^epoch, the epoch counted from 0, constant within it; PyTorch's ExponentialLR.</summary>
public sealed record ExponentialDecay : ILearningRateSchedule
{
    /// <summary>A schedule of a step down in each epoch.</summary>
    /// <param name="Initial">Rate of the first epoch, more than 0.</param>
    /// <param name="FactorPerEpoch">What each epoch multiplies by, in [0, 1].</param>
    /// <exception cref="ArgumentOutOfRangeException">A parameter is outside its range.</exception>
    public ExponentialDecay(double Initial, double FactorPerEpoch)
    {
        this.Initial = Check.Positive(Initial);
        this.FactorPerEpoch = Check.Share(FactorPerEpoch);
    }

    /// <summary>Rate of the first epoch.</summary>
    public double Initial { get; }

    /// <summary>What each epoch multiplies by.</summary>
    public double FactorPerEpoch { get; }

    /// <inheritdoc/>
    public double At(TrainingPosition position) => Initial * Math.Pow(FactorPerEpoch, position.Epoch);
}
