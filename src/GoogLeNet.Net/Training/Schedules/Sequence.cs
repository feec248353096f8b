namespace Inception.Training;

/// <summary>
/// One schedule after another. Each sees its part as a run of its own, with epochs counted from 0 and only its own history. In a run longer than the
/// parts, the last rate of the last part stays.
/// </summary>
public sealed record Sequence : IHistorySchedule
{
    /// <summary>A schedule of parts.</summary>
    /// <param name="parts">At least one, in order.</param>
    /// <exception cref="ArgumentException">There are no parts.</exception>
    public Sequence(params IReadOnlyList<SequencePart> parts)
    {
        ArgumentNullException.ThrowIfNull(parts);
        if (parts.Count == 0)
        {
            throw new ArgumentException("There are no parts; there must be at least one.", nameof(parts));
        }

        Parts = [.. parts];
    }

    /// <summary>The parts in order.</summary>
    public IReadOnlyList<SequencePart> Parts { get; }

    /// <inheritdoc/>
    public double At(TrainingPosition position) => At(position, []);

    /// <inheritdoc/>
    public double At(TrainingPosition position, IReadOnlyList<EpochRecord> history)
    {
        ArgumentNullException.ThrowIfNull(history);
        var (i, begins) = (0, 0);
        for (; i < Parts.Count - 1 && position.Epoch - begins >= Parts[i].Epochs; i++)
        {
            begins += Parts[i].Epochs;
        }

        var (schedule, epochs) = (Parts[i].Schedule, Parts[i].Epochs);
        var own = position with { Epoch = position.Epoch - begins, Epochs = epochs };
        var inside = own.Epoch < epochs ? own : own with { Epoch = epochs - 1, Step = own.StepsPerEpoch - 1 };
        return schedule is IHistorySchedule withHistory ? withHistory.At(inside, [.. history.Skip(begins)]) : schedule.At(inside);
    }

    /// <summary>Whether both have the same parts.</summary>
    public bool Equals(Sequence? other) => other is not null && Parts.SequenceEqual(other.Parts);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Parts.Count, Parts[0], Parts[^1]);
}

/// <summary>A schedule and how long it lasts.</summary>
public sealed record SequencePart
{
    /// <summary>A part of a sequence.</summary>
    /// <param name="schedule">Its schedule.</param>
    /// <param name="epochs">Its epochs, at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">The epochs are outside their range.</exception>
    public SequencePart(ILearningRateSchedule schedule, int epochs)
    {
        ArgumentNullException.ThrowIfNull(schedule);
        Schedule = schedule;
        Epochs = Check.AtLeast(1, epochs);
    }

    /// <summary>Its schedule.</summary>
    public ILearningRateSchedule Schedule { get; }

    /// <summary>Its epochs.</summary>
    public int Epochs { get; }
}

/// <summary>
/// Multiplies another schedule's rate, in the first epochs, by a factor that rises linearly to 1, step by step (Goyal et al. 2017, section 2.2). The other
/// schedule begins at the run's start too.
/// </summary>
public sealed record Warmup : IHistorySchedule
{
    /// <summary>Creates a warm-up.</summary>
    /// <param name="then">The schedule to multiply.</param>
    /// <param name="epochs">Epochs until the factor is 1, fractions allowed, 0 or more.</param>
    /// <param name="startFactor">Factor of the first step, in [0, 1]; with 0 the first step changes no weight.</param>
    /// <exception cref="ArgumentOutOfRangeException">A parameter is outside its range.</exception>
    public Warmup(ILearningRateSchedule then, double epochs, double startFactor)
    {
        ArgumentNullException.ThrowIfNull(then);
        Then = then;
        Epochs = Check.NotNegative(epochs);
        StartFactor = Check.UnitInterval(startFactor);
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

    private double Factor(double done) => done < Epochs ? Curves.Lerp(StartFactor, 1, done / Epochs) : 1;
}
