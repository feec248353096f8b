namespace Inception.Training;

/// <summary>
/// Multiplies the rate every few epochs: initial · factor^⌊(1 + epoch) / everyEpochs⌋ with the epoch counted from 0, the Keras tutorial's
/// formula (0.01, 0.96, every 8 epochs).
/// </summary>
public sealed record StepDecay : ILearningRateSchedule
{
    /// <summary>A schedule of steps.</summary>
    /// <param name="Initial">Rate of the first epochs, more than 0.</param>
    /// <param name="Factor">What each step multiplies by, more than 0.</param>
    /// <param name="EveryEpochs">Epochs between steps, at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">A parameter is outside its range.</exception>
    public StepDecay(double Initial, double Factor, int EveryEpochs)
    {
        this.Initial = Check.Positive(Initial);
        this.Factor = Check.Positive(Factor);
        this.EveryEpochs = Check.AtLeast(1, EveryEpochs);
    }

    /// <summary>Rate of the first epochs.</summary>
    public double Initial { get; }

    /// <summary>What each step multiplies by.</summary>
    public double Factor { get; }

    /// <summary>Epochs between steps.</summary>
    public int EveryEpochs { get; }

    /// <inheritdoc/>
    public double At(TrainingPosition position) => Initial * Math.Pow(Factor, (1 + position.Epoch) / EveryEpochs);
}
