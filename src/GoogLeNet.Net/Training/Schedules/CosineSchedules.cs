namespace Inception.Training;

/// <summary>
/// Falls along half a cosine over the whole run, step by step: final + (initial − final) · (1 + cos πt) / 2, t from 0 to 1. It is
/// PyTorch's CosineAnnealingLR with T_max the steps of the run, and the annealing of Loshchilov and Hutter 2017 without restarts.
/// </summary>
public sealed record CosineDecay : ILearningRateSchedule
{
    /// <summary>A schedule of half a cosine.</summary>
    /// <param name="initial">First rate, more than 0.</param>
    /// <param name="final">Rate that the run ends towards, 0 or more. Default 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">A parameter is outside its range.</exception>
    public CosineDecay(double initial, double final = 0)
    {
        Initial = Check.Positive(initial);
        Final = Check.NotNegative(final);
    }

    /// <summary>First rate.</summary>
    public double Initial { get; }

    /// <summary>Rate that the run ends towards.</summary>
    public double Final { get; }

    /// <inheritdoc/>
    public double At(TrainingPosition position) => Curves.Cosine(Initial, Final, Math.Min(1, position.Fraction));
}

/// <summary>
/// Falls along half a cosine, step by step, and restarts at the top, in cycles of equal or growing length: SGDR (Loshchilov and Hutter 2017,
/// equation 5), PyTorch's CosineAnnealingWarmRestarts. For a low rate at the end, make the run's epochs a sum of whole cycles, as 10 + 20 + 40.
/// </summary>
public sealed record CosineRestarts : ILearningRateSchedule
{
    /// <summary>A schedule of cosines.</summary>
    /// <param name="initial">Rate at the start of each cycle, more than 0.</param>
    /// <param name="firstCycleEpochs">Epochs of the first cycle, at least 1.</param>
    /// <param name="cycleFactor">How many times longer each cycle is than the one before, at least 1. Default 1.</param>
    /// <param name="final">Rate that each cycle ends towards, 0 or more. Default 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">A parameter is outside its range.</exception>
    public CosineRestarts(double initial, int firstCycleEpochs, int cycleFactor = 1, double final = 0)
    {
        Initial = Check.Positive(initial);
        FirstCycleEpochs = Check.AtLeast(1, firstCycleEpochs);
        CycleFactor = Check.AtLeast(1, cycleFactor);
        Final = Check.NotNegative(final);
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

/// <summary>
/// Rises along half a cosine to a peak, then falls along another to far below the first rate, over the whole run (Smith and Topin 2018): PyTorch's
/// OneCycleLR with cosine annealing, step for step; the last step has the lowest rate.
/// </summary>
public sealed record OneCycle : ILearningRateSchedule
{
    /// <summary>A schedule of one cycle.</summary>
    /// <param name="peak">The highest rate, more than 0.</param>
    /// <param name="peakAt">Fraction of the steps that rise, in [0, 1]. Default 0.3.</param>
    /// <param name="startDivisor">What the peak is divided by for the first rate, more than 0. Default 25.</param>
    /// <param name="endDivisor">What the first rate is divided by for the last, more than 0. Default 10,000.</param>
    /// <exception cref="ArgumentOutOfRangeException">A parameter is outside its range.</exception>
    public OneCycle(double peak, double peakAt = 0.3, double startDivisor = 25, double endDivisor = 1e4)
    {
        Peak = Check.Positive(peak);
        PeakAt = Check.UnitInterval(peakAt);
        StartDivisor = Check.Positive(startDivisor);
        EndDivisor = Check.Positive(endDivisor);
    }

    /// <summary>The highest rate.</summary>
    public double Peak { get; }

    /// <summary>Fraction of the steps that rise.</summary>
    public double PeakAt { get; }

    /// <summary>What the peak is divided by for the first rate.</summary>
    public double StartDivisor { get; }

    /// <summary>What the first rate is divided by for the last.</summary>
    public double EndDivisor { get; }

    /// <inheritdoc/>
    public double At(TrainingPosition position)
    {
        var steps = (double)position.StepsPerEpoch * position.Epochs;
        var step = ((double)position.StepsPerEpoch * position.Epoch) + position.Step;
        var (first, peakStep, last) = (Peak / StartDivisor, (PeakAt * steps) - 1, steps - 1);
        if (step <= peakStep)
        {
            return Curves.Cosine(first, Peak, peakStep == 0 ? 1 : step / peakStep);
        }

        return Curves.Cosine(Peak, first / EndDivisor, Math.Min(1, (step - peakStep) / (last - peakStep)));
    }
}
