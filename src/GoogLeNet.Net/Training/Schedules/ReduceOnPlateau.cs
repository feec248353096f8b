namespace Inception.Training;

/// <summary>
/// Multiplies the rate when a number of the main head has not got better for more than <see cref="Patience"/> epochs: PyTorch's ReduceLROnPlateau, called
/// after every epoch. What that keeps as state is here computed anew from the history, so that a resumed run goes on counting.
/// </summary>
/// <remarks>As in PyTorch, a change of the rate by 1e-8 or less is not made.</remarks>
public sealed record ReduceOnPlateau : IHistorySchedule
{
    private const double SmallestChange = 1e-8;

    /// <summary>A schedule that waits for a standstill.</summary>
    /// <param name="initial">First rate, more than 0.</param>
    /// <param name="factor">What a standstill multiplies the rate by, in [0, 1). Default 0.1.</param>
    /// <param name="patience">Epochs without an improvement that change nothing yet, 0 or more. Default 10.</param>
    /// <param name="threshold">How much better counts as an improvement, 0 or more. Default 1e-4.</param>
    /// <param name="relative">Whether the threshold is a fraction of the best value rather than in the metric's unit. Default true.</param>
    /// <param name="cooldown">Epochs after a change that do not count as without an improvement, 0 or more. Default 0.</param>
    /// <param name="minimum">The lowest rate, 0 or more. Default 0.</param>
    /// <param name="metric">What is watched, of the main head on the validation images; without them, on the training images. Default the loss.</param>
    /// <exception cref="ArgumentOutOfRangeException">A parameter is outside its range.</exception>
    public ReduceOnPlateau(
        double initial,
        double factor = 0.1,
        int patience = 10,
        double threshold = 1e-4,
        bool relative = true,
        int cooldown = 0,
        double minimum = 0,
        WatchedMetric metric = WatchedMetric.Loss)
    {
        Initial = Check.Positive(initial);
        Factor = Check.BelowOne(factor);
        Patience = Check.AtLeast(0, patience);
        Threshold = Check.NotNegative(threshold);
        Relative = relative;
        Cooldown = Check.AtLeast(0, cooldown);
        Minimum = Check.NotNegative(minimum);
        Metric = metric;
    }

    /// <summary>First rate.</summary>
    public double Initial { get; }

    /// <summary>What a standstill multiplies the rate by.</summary>
    public double Factor { get; }

    /// <summary>Epochs without an improvement that change nothing yet.</summary>
    public int Patience { get; }

    /// <summary>How much better counts as an improvement.</summary>
    public double Threshold { get; }

    /// <summary>Whether the threshold is a fraction of the best value.</summary>
    public bool Relative { get; }

    /// <summary>Epochs after a change that do not count as without an improvement.</summary>
    public int Cooldown { get; }

    /// <summary>The lowest rate.</summary>
    public double Minimum { get; }

    /// <summary>What is watched.</summary>
    public WatchedMetric Metric { get; }

    /// <inheritdoc/>
    public double At(TrainingPosition position) => At(position, []);

    /// <inheritdoc/>
    public double At(TrainingPosition position, IReadOnlyList<EpochRecord> history)
    {
        ArgumentNullException.ThrowIfNull(history);
        var (rate, best, bad, cooling) = (Initial, double.NegativeInfinity, 0, 0);
        for (var epoch = 0; epoch < Math.Min(history.Count, position.Epoch); epoch++)
        {
            var score = history[epoch].Score(Metric);
            var better = epoch == 0 || score > best + Margin(best);
            best = better ? score : best;
            bad = better || cooling > 0 ? 0 : bad + 1;
            cooling = Math.Max(0, cooling - 1);
            if (bad > Patience)
            {
                (rate, bad, cooling) = (Reduced(rate), 0, Cooldown);
            }
        }

        return rate;
    }

    // A score is a negative loss or an accuracy, so that relative to its size means: a loss below best · (1 − threshold), an accuracy above best · (1 + threshold).
    private double Margin(double best) => Relative ? Threshold * Math.Abs(best) : Threshold;

    private double Reduced(double rate)
    {
        var reduced = Math.Max(rate * Factor, Minimum);
        return rate - reduced > SmallestChange ? reduced : rate;
    }
}
