using System.Globalization;

namespace Inception.Training;

/// <summary>Refusals before the first step of a run.</summary>
internal static class TrainingGuards
{
    public static void CheckHeads(IReadOnlyList<Head> heads)
    {
        if (heads.Count == 0)
        {
            throw new ArgumentException("The model has no heads; it must have at least one.");
        }

        foreach (var head in heads)
        {
            if (!(head.Weight > 0) || !double.IsFinite(head.Weight))
            {
                throw new ArgumentException(FormattableString.Invariant(
                    $"The weight of head '{head.Name}' is {head.Weight}; it must be a finite number more than 0."));
            }

            if (heads.Count(other => other.Name == head.Name) > 1)
            {
                throw new ArgumentException($"Two heads are named '{head.Name}'; names must be unique.");
            }
        }
    }

    /// <summary>Refuses options that do not fit the model or each other.</summary>
    public static void CheckOptions(TrainerOptions options, MultiHeadModel model)
    {
        var heads = model.Heads;
        CheckNames(nameof(TrainerOptions.Losses), options.Losses?.Keys, heads);
        foreach (var weights in (options.Losses?.Values ?? []).Select(loss => loss.ClassWeights).Append(options.ClassWeights).OfType<IReadOnlyList<double>>())
        {
            if (weights.Count != model.NumClasses)
            {
                throw new ArgumentException($"ClassWeights has {weights.Count} weights, and the model {model.NumClasses} classes; there must be one for each.");
            }
        }

        CheckNames(nameof(TrainerOptions.HeadWeights), options.HeadWeights?.Keys, heads);
        CheckMetrics(options, heads);
        if (options.MicroBatchSize is { } part && options.BatchSize % part != 0)
        {
            throw new ArgumentException($"MicroBatchSize is {part}; it must divide BatchSize, which is {options.BatchSize}.");
        }

        if (options.ValidationInterval != 1 && (options.EarlyStopping is not null || options.Schedule is IHistorySchedule))
        {
            var reader = options.EarlyStopping is not null ? nameof(TrainerOptions.EarlyStopping) : options.Schedule.GetType().Name;
            throw new ArgumentException($"ValidationInterval is {options.ValidationInterval?.ToString(CultureInfo.InvariantCulture) ?? "null"}; it must be 1 with {reader}, which looks at every epoch's validation.");
        }
    }

    /// <summary>Refuses schedules whose rates or weights are out of range somewhere in the run.</summary>
    public static void CheckRun(TrainerOptions options, int steps)
    {
        foreach (var position in Enumerable.Range(0, options.Epochs).SelectMany(epoch => new[] { 0, steps - 1 }.Select(step => new TrainingPosition(epoch, step, steps, options.Epochs))))
        {
            CheckValue("The learning rate", options.Schedule.At(position), position);
            foreach (var (head, weight) in options.HeadWeights ?? new Dictionary<string, ILearningRateSchedule>())
            {
                CheckValue($"The weight of head '{head}'", weight.At(position), position, mustBePositive: position is { Epoch: 0, Step: 0 });
            }
        }
    }

    // The run's own metrics, and those that it is judged by.
    private static void CheckMetrics(TrainerOptions options, IReadOnlyList<Head> heads)
    {
        var own = (options.Metrics ?? []).Select(metric => metric.Name).ToList();
        foreach (var name in own)
        {
            if (string.IsNullOrEmpty(name) || !name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_') || WatchedMetric.IsBuiltIn(name) || own.Count(other => other == name) > 1)
            {
                throw new ArgumentException($"Metrics has one named '{name}'; names are of letters, digits, '-' and '_', unique, and not loss, accuracy or topKAccuracy.");
            }
        }

        WatchedMetric[] stopping = options.EarlyStopping is { } rule ? [rule.Metric, .. rule.AlsoWatch ?? []] : [];
        WatchedMetric[] plateau = options.Schedule is ReduceOnPlateau { Metric: var watched } ? [watched] : [];
        string[] names = [WatchedMetric.Loss.Name, WatchedMetric.Accuracy.Name, .. options.TopK is null ? (string[])[] : [WatchedMetric.TopKAccuracy.Name], .. own];
        foreach (var (option, metric) in stopping.Select(metric => (nameof(TrainerOptions.EarlyStopping), metric))
            .Concat(plateau.Select(metric => (nameof(TrainerOptions.Schedule), metric)))
            .Concat(options.Checkpoints.AlsoBestBy.Prepend(options.Checkpoints.BestBy).Select(metric => (nameof(TrainerOptions.Checkpoints), metric))))
        {
            CheckNames(option, metric.Head is { } head ? [head] : null, heads);
            if (!names.Contains(metric.Name))
            {
                throw new ArgumentException($"{option} watches the metric '{metric.Name}'; this run measures {string.Join(", ", names)}.");
            }
        }
    }

    private static void CheckNames(string option, IEnumerable<string>? names, IReadOnlyList<Head> heads)
    {
        if (names?.FirstOrDefault(name => heads.All(head => head.Name != name)) is { } unknown)
        {
            throw new ArgumentException($"{option} names the head '{unknown}'; the model's heads are {string.Join(", ", heads.Select(head => head.Name))}.");
        }
    }

    private static void CheckValue(string what, double value, TrainingPosition position, bool mustBePositive = false)
    {
        if (!double.IsFinite(value) || value < 0 || (mustBePositive && value == 0))
        {
            throw new ArgumentException(FormattableString.Invariant(
                $"{what} is {value} in epoch {position.Epoch + 1}, step {position.Step + 1}; it must be a finite number{(mustBePositive ? " more than 0" : ", 0 or more")}."));
        }
    }
}
