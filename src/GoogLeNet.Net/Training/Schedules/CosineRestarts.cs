namespace Inception.Training;

/// <summary>
/// Falls along half a cosine, step by step, and starts again at the top, each time over a longer or an equal cycle: SGDR (Loshchilov and Hutter 2017,
/// equation 5), PyTorch's CosineAnnealingWarmRestarts. Make the run's epochs the sum of whole cycles, as 10 + 20 + 40, for it to end low.
/// </summary>
public sealed record CosineRestarts : ILearningRateSchedule
{
    /// <summary>A schedule of cosines.</summary>
    /// <param name="Initial">Rate at the start of each cycle, more than 0.</param>
    /// <param name="FirstCycleEpochs">Epochs of the first cycle, at least 1.</param>
    /// <param name="CycleFactor">How many times longer each cycle is than the one before, at least 1. Default 1.</param>
    /// <param name="Final">Rate that each cycle ends towards, 0 or more. Default 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">A parameter is outside its range.</exception>
    public CosineRestarts(double Initial, int FirstCycleEpochs, int CycleFactor = 1, double Final = 0)
    {
        this.Initial = Check.Positive(Initial);
        this.FirstCycleEpochs = Check.AtLeast(1, FirstCycleEpochs);
        this.CycleFactor = Check.AtLeast(1, CycleFactor);
        this.Final = Check.NotNegative(Final);
    }

    /// <summary>Rate at the start of each cycle.</summary>
    public double Initial { get; }

    /// <summary>Epochs of the first cycle.</summary>
    public int FirstCycleEpochs { get; }

    /// <summary>How many times longer each cycle is than the one before.</summary>
    public int CycleFactor { get; }

    /// <summary>Rate that each cycle ends towards.</summary>
    public double Final { get; }

    /// <inheritdoc/>
    public double At(TrainingPosition position)
    {
        // Subtraction rather than a logarithm: whole epochs stay whole, so that no restart is late.
        var (done, length) = (position.EpochsDone, (double)FirstCycleEpochs);
        if (CycleFactor == 1)
        {
            done %= length;
        }

        for (; done >= length; length *= CycleFactor)
        {
            done -= length;
        }

        return Curves.Cosine(Initial, Final, done / length);
    }
}
