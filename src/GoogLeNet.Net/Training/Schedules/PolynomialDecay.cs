namespace Inception.Training;

/// <summary>
/// Falls to 0 over the run as a power of the share that is left: initial · (1 − t)^power after each step, t from 0 to 1. It is Caffe's "poly" policy, with
/// power 0.5 that of the quick solver of bvlc_googlenet (initial 0.01), and PyTorch's PolynomialLR stepped over the whole run.
/// </summary>
public sealed record PolynomialDecay : ILearningRateSchedule
{
    /// <summary>A schedule that ends at 0.</summary>
    /// <param name="Initial">First rate, more than 0.</param>
    /// <param name="Power">Exponent, more than 0; 1 is a straight line, less stays high for longer. Default 0.5.</param>
    /// <exception cref="ArgumentOutOfRangeException">A parameter is outside its range.</exception>
    public PolynomialDecay(double Initial, double Power = 0.5)
    {
        this.Initial = Check.Positive(Initial);
        this.Power = Check.Positive(Power);
    }

    /// <summary>First rate.</summary>
    public double Initial { get; }

    /// <summary>Exponent of the share of the run that is left.</summary>
    public double Power { get; }

    /// <inheritdoc/>
    public double At(TrainingPosition position) => Initial * Math.Pow(Math.Max(0, 1 - position.Fraction), Power);
}
