namespace Inception.Training;

/// <summary>The same rate at every step.</summary>
public sealed record ConstantRate : ILearningRateSchedule
{
    /// <summary>A schedule of one rate.</summary>
    /// <param name="Rate">The rate, 0 or more.</param>
    /// <exception cref="ArgumentOutOfRangeException">The rate is outside its range.</exception>
    public ConstantRate(double Rate) => this.Rate = Check.NotNegative(Rate);

    /// <summary>The rate.</summary>
    public double Rate { get; }

    /// <inheritdoc/>
    public double At(TrainingPosition position) => Rate;
}
