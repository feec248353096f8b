namespace Inception.Training;

/// <summary>
/// Falls along half a cosine over the whole run, step by step: final + (initial − final) · (1 + cos πt) / 2, t from 0 to 1. It is
/// PyTorch's CosineAnnealingLR with T_max the steps of the run, and the annealing of Loshchilov and Hutter 2017 without restarts.
/// </summary>
public sealed record CosineDecay : ILearningRateSchedule
{
    /// <summary>A schedule of half a cosine.</summary>
    /// <param name="Initial">First rate, more than 0.</param>
    /// <param name="Final">Rate that the run ends towards, 0 or more. Default 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">A parameter is outside its range.</exception>
    public CosineDecay(double Initial, double Final = 0)
    {
        this.Initial = Check.Positive(Initial);
        this.Final = Check.NotNegative(Final);
    }

    /// <summary>First rate.</summary>
    public double Initial { get; }

    /// <summary>Rate that the run ends towards.</summary>
    public double Final { get; }

    /// <inheritdoc/>
    public double At(TrainingPosition position) => Curves.Cosine(Initial, Final, Math.Min(1, position.Fraction));
}
