using System.Globalization;

namespace Inception.Training;

/// <summary>A file operation in a run's checkpoint folder.</summary>
/// <param name="Name">The file's name.</param>
internal abstract record CheckpointAction(string Name);

/// <summary>Write the run's state.</summary>
/// <param name="Name">The file's name.</param>
/// <param name="IsBest">Whether it is the best state so far, by <see cref="CheckpointPolicy.BestBy"/>.</param>
internal sealed record WriteCheckpoint(string Name, bool IsBest) : CheckpointAction(Name);

/// <summary>Delete a file that an earlier <see cref="WriteCheckpoint"/> wrote, if it exists.</summary>
/// <param name="Name">The file's name.</param>
internal sealed record DeleteCheckpoint(string Name) : CheckpointAction(Name);

/// <summary>Which checkpoints a run keeps: the last, the best and optionally one every few epochs.</summary>
public sealed record CheckpointPolicy
{
    private readonly int? everyEpochs;
    private readonly int maxPeriodicCheckpoints = 3;
    private readonly TimeSpan saveInterval = TimeSpan.FromMinutes(5);

    /// <summary>Epochs between files <c>epoch-0010.safetensors</c>, at least 1; null for none of these. Default null.</summary>
    public int? EveryEpochs { get => everyEpochs; init => everyEpochs = value is { } n ? Check.AtLeast(1, n, nameof(EveryEpochs)) : null; }

    /// <summary>How many of these are kept, the newest ones; at least 1. Default 3.</summary>
    public int MaxPeriodicCheckpoints
    {
        get => maxPeriodicCheckpoints;
        init => maxPeriodicCheckpoints = Check.AtLeast(1, value, nameof(MaxPeriodicCheckpoints));
    }

    /// <summary>Time after which <c>last.safetensors</c> is written within an epoch too, more than zero. Default 5 minutes.</summary>
    public TimeSpan SaveInterval
    {
        get => saveInterval;
        init => saveInterval = value > TimeSpan.Zero ? value : throw new ArgumentOutOfRangeException(nameof(SaveInterval), value, $"SaveInterval is {value}; it must be more than zero.");
    }

    /// <summary>What makes an epoch the best so far. Default the main head's accuracy.</summary>
    public WatchedMetric BestBy { get; init; } = WatchedMetric.Accuracy;

    /// <summary>Further metrics of which the best epoch is kept, each in a file of its own, <c>best-METRIC.safetensors</c>: <see cref="CheckpointFiles.BestBy"/>. Default none.</summary>
    public IReadOnlyList<WatchedMetric> AlsoBestBy { get; init; } = [];

    /// <summary>Whether the other keeps the same files by the same metrics.</summary>
    public bool Equals(CheckpointPolicy? other) =>
        other is not null && (EveryEpochs, MaxPeriodicCheckpoints, SaveInterval, BestBy).Equals((other.EveryEpochs, other.MaxPeriodicCheckpoints, other.SaveInterval, other.BestBy))
        && AlsoBestBy.SequenceEqual(other.AlsoBestBy);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(EveryEpochs, MaxPeriodicCheckpoints, SaveInterval, BestBy);

    /// <summary>What to do after an epoch.</summary>
    /// <param name="history">Every epoch so far, at least one, in order.</param>
    internal IReadOnlyList<CheckpointAction> Decide(IReadOnlyList<EpochRecord> history)
    {
        ArgumentNullException.ThrowIfNull(history);
        var actions = new List<CheckpointAction>();
        if (IsBest(history, BestBy))
        {
            actions.Add(new WriteCheckpoint(CheckpointFiles.Best, IsBest: true));
        }

        actions.AddRange(AlsoBestBy.Where(metric => IsBest(history, metric)).Select(metric => new WriteCheckpoint(CheckpointFiles.BestBy(metric), IsBest: false)));

        if (history.Count % EveryEpochs == 0)
        {
            actions.Add(new WriteCheckpoint(NameOf(history.Count), IsBest: false));
            var oldest = history.Count - (EveryEpochs!.Value * MaxPeriodicCheckpoints);
            actions.AddRange(oldest > 0 ? [new DeleteCheckpoint(NameOf(oldest))] : []);
        }

        actions.Add(new WriteCheckpoint(CheckpointFiles.Last, IsBest: false));
        return actions;
    }

    // While nothing has been validated the newest epoch counts as the best: training metrics keep improving.
    private static bool IsBest(IReadOnlyList<EpochRecord> history, WatchedMetric metric)
    {
        var earlier = history.SkipLast(1).Where(epoch => epoch.Validation.Count > 0);
        return history[^1].Validation.Count == 0 ? !earlier.Any() : earlier.All(epoch => epoch.Score(metric) < history[^1].Score(metric));
    }

    private static string NameOf(int epoch) => string.Create(CultureInfo.InvariantCulture, $"epoch-{epoch:D4}.safetensors");
}
