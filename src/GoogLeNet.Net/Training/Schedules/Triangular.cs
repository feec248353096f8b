namespace Inception.Training;

/// <summary>Rises linearly to a peak and falls linearly to the end, over the whole run: the schedule of cifar10-fast and airbench.</summary>
public sealed record Triangular : ILearningRateSchedule
{
    /// <summary>A schedule of two straight lines.</summary>
    /// <param name="Peak">The highest rate, more than 0.</param>
    /// <param name="PeakAt">Share of the run at which it is reached, in [0, 1]. Default 0.2.</param>
    /// <param name="Start">First rate as a share of the peak, in [0, 1]. Default 0.2.</param>
    /// <param name="End">Rate that the run ends towards, as a share of the peak, in [0, 1]. Default 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">A parameter is outside its range.</exception>
    public Triangular(double Peak, double PeakAt = 0.2, double Start = 0.2, double End = 0)
    {
        this.Peak = Check.Positive(Peak);
        this.PeakAt = Check.Share(PeakAt);
        this.Start = Check.Share(Start);
        this.End = Check.Share(End);
    }

    /// <summary>The highest rate.</summary>
    public double Peak { get; }

    /// <summary>Share of the run at which the peak is reached.</summary>
    public double PeakAt { get; }

    /// <summary>First rate as a share of the peak.</summary>
    public double Start { get; }

    /// <summary>Rate that the run ends towards, as a share of the peak.</summary>
    public double End { get; }

    /// <inheritdoc/>
    public double At(TrainingPosition position)
    {
        var t = position.Fraction;
        var height = t < PeakAt
            ? Start + ((1 - Start) * t / PeakAt)
            : 1 - ((1 - End) * (t - PeakAt) / (1 - PeakAt));
        return Peak * (PeakAt == 1 && t >= 1 ? 1 : height);
    }
}
