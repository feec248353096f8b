using System.Text.Json.Serialization;

namespace Inception.Training;

/// <summary>
/// Ends a run that no longer improves. It is a pure function of the history, so that a resumed run goes on counting.
/// </summary>
public sealed record EarlyStopping
{
    /// <summary>Creates a rule.</summary>
    /// <param name="patience">Epochs without an improvement after which the run ends, at least 1.</param>
    /// <param name="metric">
    /// The metric to watch, on the validation images or, without them, on the training images; null for the main head's accuracy. It decides which epoch is the best.
    /// </param>
    /// <param name="minimumChange">How much better counts as an improvement, 0 or more, in the metric's unit.</param>
    /// <param name="restoreBest">Whether the run ends with the weights of the best epoch instead of the last, however it ends.</param>
    /// <param name="alsoWatch">Further metrics: the run goes on as long as one of all improves. Null for none.</param>
    /// <exception cref="ArgumentOutOfRangeException">A value is outside its range.</exception>
    public EarlyStopping(int patience, WatchedMetric? metric = null, double minimumChange = 0, bool restoreBest = true, IReadOnlyList<WatchedMetric>? alsoWatch = null)
    {
        Patience = Check.AtLeast(1, patience, nameof(Patience));
        Metric = metric ?? WatchedMetric.Accuracy;
        AlsoWatch = alsoWatch;
        MinimumChange = Check.NotNegative(minimumChange, nameof(MinimumChange));
        RestoreBest = restoreBest;
    }

    /// <summary>Epochs without an improvement after which the run ends.</summary>
    public int Patience { get; }

    /// <summary>The metric to watch, which decides which epoch is the best.</summary>
    public WatchedMetric Metric { get; }

    /// <summary>Further metrics, of which an improvement lets the run go on; null for none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<WatchedMetric>? AlsoWatch { get; }

    /// <summary>How much better counts as an improvement.</summary>
    public double MinimumChange { get; }

    /// <summary>Whether the run ends with the weights of the best epoch.</summary>
    public bool RestoreBest { get; }

    /// <summary>The best epoch of a history, counted from 1; 0 where there is none.</summary>
    /// <param name="history">Epochs in order.</param>
    public int BestEpoch(IReadOnlyList<EpochRecord> history)
    {
        ArgumentNullException.ThrowIfNull(history);
        return BestBy(history, Metric);
    }

    /// <summary>What a run should do after its epochs so far.</summary>
    /// <param name="history">Every epoch so far, in order.</param>
    internal EarlyStoppingVerdict Decide(IReadOnlyList<EpochRecord> history)
    {
        ArgumentNullException.ThrowIfNull(history);
        var best = BestBy(history, Metric);
        var improved = (AlsoWatch ?? []).Select(metric => BestBy(history, metric)).Append(best).Max();
        return new EarlyStoppingVerdict(history.Count - improved >= Patience && history.Count > 0, best);
    }

    /// <summary>Whether the other has the same values and watches the same metrics.</summary>
    public bool Equals(EarlyStopping? other) =>
        other is not null && (Patience, Metric, MinimumChange, RestoreBest).Equals((other.Patience, other.Metric, other.MinimumChange, other.RestoreBest))
        && (AlsoWatch ?? []).SequenceEqual(other.AlsoWatch ?? []);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Patience, Metric, MinimumChange, RestoreBest);

    // Counted from 1; 0 where there is none.
    private int BestBy(IReadOnlyList<EpochRecord> history, WatchedMetric metric)
    {
        var (best, bestEpoch) = (double.NegativeInfinity, 0);
        for (var i = 0; i < history.Count; i++)
        {
            var score = history[i].Score(metric);
            if (bestEpoch == 0 || score > best + MinimumChange)
            {
                (best, bestEpoch) = (score, i + 1);
            }
        }

        return bestEpoch;
    }
}

/// <summary>What <see cref="EarlyStopping"/> says of a history.</summary>
/// <param name="Stop">Whether the run should end.</param>
/// <param name="BestEpoch">The best epoch, counted from 1; 0 where there is none.</param>
internal readonly record struct EarlyStoppingVerdict(bool Stop, int BestEpoch);
