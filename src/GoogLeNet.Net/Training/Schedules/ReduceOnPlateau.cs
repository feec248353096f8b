namespace Inception.Training;

/// <summary>
/// Multiplies the rate by a factor when a metric has not improved for more than <see cref="Patience"/> epochs: PyTorch's ReduceLROnPlateau,
/// called after every epoch. Its state is computed from the history each time, so that a resumed run goes on counting.
/// </summary>
/// <remarks>As in PyTorch, changes of the rate by 1e-8 or less are not made.</remarks>
public sealed record ReduceOnPlateau : IHistorySchedule
{
    private const double SmallestChange = 1e-8;

    /// <summary>Creates the schedule.</summary>
    /// <param name="initial">First rate, more than 0.</param>
    /// <param name="factor">Factor on the rate, in [0, 1). Default 0.1.</param>
    /// <param name="patience">Epochs without improvement that are tolerated, 0 or more. Default 10.</param>
    /// <param name="threshold">How much better counts as an improvement, 0 or more. Default 1e-4.</param>
    /// <param name="relative">Whether the threshold is a fraction of the best value rather than in the metric's unit. Default true.</param>
    /// <param name="cooldown">Epochs after a change that are not counted, 0 or more. Default 0.</param>
    /// <param name="minimum">The lowest rate, 0 or more. Default 0.</param>
    /// <param name="metric">The metric to watch, on the validation images or, without them, on the training images; null for the main head's loss.</param>
    /// <exception cref="ArgumentOutOfRangeException">A parameter is outside its range.</exception>
    public ReduceOnPlateau(
        double initial,
        double factor = 0.1,
        int patience = 10,
        double threshold = 1e-4,
        bool relative = true,
        int cooldown = 0,
        double minimum = 0,
        WatchedMetric? metric = null)
    {
        Initial = Check.Positive(initial);
        Factor = Check.BelowOne(factor);
        Patience = Check.AtLeast(0, patience);
        Threshold = Check.NotNegative(threshold);
        Relative = relative;
        Cooldown = Check.AtLeast(0, cooldown);
        Minimum = Check.NotNegative(minimum);
        Metric = metric ?? WatchedMetric.Loss;
    }

    /// <summary>First rate.</summary>
    public double Initial { get; }

    /// <summary>Factor on the rate.</summary>
    public double Factor { get; }

    /// <summary>Epochs without improvement that are tolerated.</summary>
    public int Patience { get; }

    /// <summary>How much better counts as an improvement.</summary>
    public double Threshold { get; }

    /// <summary>Whether the threshold is a fraction of the best value.</summary>
    public bool Relative { get; }

    /// <summary>Epochs after a change that are not counted.</summary>
    public int Cooldown { get; }

    /// <summary>The lowest rate.</summary>
    public double Minimum { get; }

    /// <summary>The metric to watch.</summary>
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

    // Scores are negative losses or accuracies: a relative improvement is a loss below best · (1 − threshold) or an accuracy above best · (1 + threshold).
    private double Margin(double best) => Relative ? Threshold * Math.Abs(best) : Threshold;

    private double Reduced(double rate)
    {
        var reduced = Math.Max(rate * Factor, Minimum);
        return rate - reduced > SmallestChange ? reduced : rate;
    }
}
