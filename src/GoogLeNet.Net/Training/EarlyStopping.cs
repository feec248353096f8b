namespace Inception.Training;

/// <summary>
/// Ends a run whose main head no longer improves. It is a pure function of the history, so that a resumed run goes on counting.
/// </summary>
public sealed record EarlyStopping
{
    /// <summary>Creates a rule.</summary>
    /// <param name="patience">Epochs without an improvement after which the run ends, at least 1.</param>
    /// <param name="metric">The main head's metric to watch, on the validation images or, without them, on the training images.</param>
    /// <param name="minimumChange">How much better counts as an improvement, 0 or more, in the metric's unit.</param>
    /// <param name="restoreBest">Whether the run ends with the weights of the best epoch instead of the last, however it ends.</param>
    /// <exception cref="ArgumentOutOfRangeException">A value is outside its range.</exception>
    public EarlyStopping(int patience, WatchedMetric metric = WatchedMetric.Accuracy, double minimumChange = 0, bool restoreBest = true)
    {
        Patience = Check.AtLeast(1, patience, nameof(Patience));
        Metric = metric;
        MinimumChange = Check.NotNegative(minimumChange, nameof(MinimumChange));
        RestoreBest = restoreBest;
    }

    /// <summary>Epochs without an improvement after which the run ends.</summary>
    public int Patience { get; }

    /// <summary>The metric to watch.</summary>
    public WatchedMetric Metric { get; }

    /// <summary>How much better counts as an improvement.</summary>
    public double MinimumChange { get; }

    /// <summary>Whether the run ends with the weights of the best epoch.</summary>
    public bool RestoreBest { get; }

    /// <summary>What a run should do after its epochs so far.</summary>
    /// <param name="history">Every epoch so far, in order.</param>
    public EarlyStoppingVerdict Decide(IReadOnlyList<EpochRecord> history)
    {
        ArgumentNullException.ThrowIfNull(history);
        var (best, bestIndex) = (double.NegativeInfinity, -1);
        for (var i = 0; i < history.Count; i++)
        {
            var score = history[i].Score(Metric);
            if (bestIndex < 0 || score > best + MinimumChange)
            {
                (best, bestIndex) = (score, i);
            }
        }

        return new EarlyStoppingVerdict(history.Count - 1 - bestIndex >= Patience && history.Count > 0, bestIndex + 1);
    }
}

/// <summary>What <see cref="EarlyStopping"/> says of a history.</summary>
/// <param name="Stop">Whether the run should end.</param>
/// <param name="BestEpoch">The best epoch, counted from 1; 0 where there is none.</param>
public readonly record struct EarlyStoppingVerdict(bool Stop, int BestEpoch);
