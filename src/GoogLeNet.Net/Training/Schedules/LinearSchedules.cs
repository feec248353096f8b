namespace Inception.Training;

/// <summary>Rises linearly to a peak and falls linearly to the end, over the whole run: the schedule of cifar10-fast and airbench.</summary>
public sealed record Triangular : ILearningRateSchedule
{
    /// <summary>A schedule of two straight lines.</summary>
    /// <param name="peak">The highest rate, more than 0.</param>
    /// <param name="peakAt">Fraction of the run at which it is reached, in [0, 1]. Default 0.2.</param>
    /// <param name="start">First rate as a fraction of the peak, in [0, 1]. Default 0.2.</param>
    /// <param name="end">Rate that the run ends towards, as a fraction of the peak, in [0, 1]. Default 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">A parameter is outside its range.</exception>
    public Triangular(double peak, double peakAt = 0.2, double start = 0.2, double end = 0)
    {
        Peak = Check.Positive(peak);
        PeakAt = Check.UnitInterval(peakAt);
        Start = Check.UnitInterval(start);
        End = Check.UnitInterval(end);
    }

    /// <summary>The highest rate.</summary>
    public double Peak { get; }

    /// <summary>Fraction of the run at which the peak is reached.</summary>
    public double PeakAt { get; }

    /// <summary>First rate as a fraction of the peak.</summary>
    public double Start { get; }

    /// <summary>Rate that the run ends towards, as a fraction of the peak.</summary>
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

/// <summary>
/// Straight lines between points, step by step; constant before the first and after the last point. The points are in epochs, whatever the length of
/// the run.
/// </summary>
public sealed record PiecewiseLinear : ILearningRateSchedule
{
    /// <summary>A schedule of straight lines.</summary>
    /// <param name="points">At least one, in ascending order of their epochs, no two at the same.</param>
    /// <exception cref="ArgumentException">There are no points, or they are out of order.</exception>
    public PiecewiseLinear(params IReadOnlyList<RatePoint> points)
    {
        ArgumentNullException.ThrowIfNull(points);
        if (points.Count == 0)
        {
            throw new ArgumentException("There are no points; there must be at least one.", nameof(points));
        }

        for (var i = 1; i < points.Count; i++)
        {
            if (points[i].Epoch <= points[i - 1].Epoch)
            {
                throw new ArgumentException(FormattableString.Invariant(
                    $"A point at epoch {points[i].Epoch} follows one at epoch {points[i - 1].Epoch}; the epochs must ascend."), nameof(points));
            }
        }

        Points = [.. points];
    }

    /// <summary>The points, in ascending order of their epochs.</summary>
    public IReadOnlyList<RatePoint> Points { get; }

    /// <inheritdoc/>
    public double At(TrainingPosition position)
    {
        var epoch = position.EpochsDone;
        if (epoch <= Points[0].Epoch)
        {
            return Points[0].Rate;
        }

        for (var i = 1; i < Points.Count; i++)
        {
            var (from, to) = (Points[i - 1], Points[i]);
            if (epoch < to.Epoch)
            {
                return Curves.Lerp(from.Rate, to.Rate, (epoch - from.Epoch) / (to.Epoch - from.Epoch));
            }
        }

        return Points[^1].Rate;
    }

    /// <summary>Whether both have the same points.</summary>
    public bool Equals(PiecewiseLinear? other) => other is not null && Points.SequenceEqual(other.Points);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Points.Count, Points[0], Points[^1]);
}

/// <summary>A rate at a time.</summary>
public sealed record RatePoint
{
    /// <summary>A point.</summary>
    /// <param name="epoch">The time in epochs, fractions allowed; 0 or more.</param>
    /// <param name="rate">The rate there, 0 or more.</param>
    /// <exception cref="ArgumentOutOfRangeException">A parameter is outside its range.</exception>
    public RatePoint(double epoch, double rate)
    {
        Epoch = Check.NotNegative(epoch);
        Rate = Check.NotNegative(rate);
    }

    /// <summary>The time in epochs.</summary>
    public double Epoch { get; }

    /// <summary>The rate there.</summary>
    public double Rate { get; }
}
