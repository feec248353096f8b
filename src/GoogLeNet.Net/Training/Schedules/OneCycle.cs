namespace Inception.Training;

/// <summary>
/// Rises along half a cosine to a peak and falls along another far below where it began, over the whole run (Smith and Topin 2018): PyTorch's
/// OneCycleLR with cosine annealing, step for step; the last step has the lowest rate.
/// </summary>
public sealed record OneCycle : ILearningRateSchedule
{
    /// <summary>A schedule of one cycle.</summary>
    /// <param name="Peak">The highest rate, more than 0.</param>
    /// <param name="PeakAt">Share of the steps that rise, in [0, 1]. Default 0.3.</param>
    /// <param name="StartDivisor">What the peak is divided by for the first rate, more than 0. Default 25.</param>
    /// <param name="EndDivisor">What the first rate is divided by for the last, more than 0. Default 10,000.</param>
    /// <exception cref="ArgumentOutOfRangeException">A parameter is outside its range.</exception>
    public OneCycle(double Peak, double PeakAt = 0.3, double StartDivisor = 25, double EndDivisor = 1e4)
    {
        this.Peak = Check.Positive(Peak);
        this.PeakAt = Check.Share(PeakAt);
        this.StartDivisor = Check.Positive(StartDivisor);
        this.EndDivisor = Check.Positive(EndDivisor);
    }

    /// <summary>The highest rate.</summary>
    public double Peak { get; }

    /// <summary>Share of the steps that rise.</summary>
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
