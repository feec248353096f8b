namespace Inception.Training;

/// <summary>
/// Another schedule whose rate is, in the first epochs, multiplied by a factor that rises linearly to 1, step by step (Goyal et al. 2017, section 2.2).
/// The other schedule's clock runs from the run's start: warming up takes no epochs from it.
/// </summary>
public sealed record Warmup : IHistorySchedule
{
    /// <summary>A schedule with a slow start.</summary>
    /// <param name="Then">The schedule to multiply.</param>
    /// <param name="Epochs">Epochs until the factor is 1, fractions allowed, 0 or more.</param>
    /// <param name="StartFactor">Factor of the first step, in [0, 1]; with 0 the first step changes no weight.</param>
    /// <exception cref="ArgumentOutOfRangeException">A parameter is outside its range.</exception>
    public Warmup(ILearningRateSchedule Then, double Epochs, double StartFactor)
    {
        ArgumentNullException.ThrowIfNull(Then);
        this.Then = Then;
        this.Epochs = Check.NotNegative(Epochs);
        this.StartFactor = Check.Share(StartFactor);
    }

    /// <summary>The schedule to multiply.</summary>
    public ILearningRateSchedule Then { get; }

    /// <summary>Epochs until the factor is 1.</summary>
    public double Epochs { get; }

    /// <summary>Factor of the first step.</summary>
    public double StartFactor { get; }

    /// <inheritdoc/>
    public double At(TrainingPosition position) => At(position, []);

    /// <inheritdoc/>
    public double At(TrainingPosition position, IReadOnlyList<EpochRecord> history) => Factor(position.EpochsDone) * Then.RateAt(position, history);

    private double Factor(double done) => done < Epochs ? Curves.Line(StartFactor, 1, done / Epochs) : 1;
}
