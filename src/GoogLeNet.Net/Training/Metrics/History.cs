using System.Globalization;
using System.Text;
using System.Text.Json.Serialization;

namespace Inception.Training;

/// <summary>One epoch of a run.</summary>
/// <param name="Epoch">Counted from 1, as people read it.</param>
/// <param name="LearningRate">The rate of the epoch's last step.</param>
/// <param name="Seconds">Wall time of training and validation together.</param>
/// <param name="TrainImagesPerSecond">Images trained in a second, validation left out.</param>
/// <param name="Train">Each head on the training images while the network changed during the epoch; the main head first.</param>
/// <param name="Validation">Each head on the validation images after the epoch; empty without validation images.</param>
/// <param name="Averaged">The same with the averaged weights; null where none are kept or there are no validation images.</param>
public sealed record EpochRecord(
    int Epoch,
    double LearningRate,
    double Seconds,
    double TrainImagesPerSecond,
    IReadOnlyList<HeadMetrics> Train,
    IReadOnlyList<HeadMetrics> Validation,
    IReadOnlyList<HeadMetrics>? Averaged = null)
{
    /// <summary>Whether the other has the same numbers.</summary>
    public bool Equals(EpochRecord? other) =>
        other is not null && (Epoch, LearningRate, Seconds, TrainImagesPerSecond).Equals((other.Epoch, other.LearningRate, other.Seconds, other.TrainImagesPerSecond))
        && Train.SequenceEqual(other.Train) && Validation.SequenceEqual(other.Validation) && (Averaged ?? []).SequenceEqual(other.Averaged ?? []);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Epoch, LearningRate, Seconds, TrainImagesPerSecond);

    /// <summary>
    /// The metrics that count: of the averaged weights on the validation images if they are kept, else of the weights themselves on them, else the training
    /// metrics.
    /// </summary>
    [JsonIgnore]
    public IReadOnlyList<HeadMetrics> Result => Averaged ?? (Validation.Count > 0 ? Validation : Train);

    /// <summary>A metric in <see cref="Result"/>, as a score: more is better, what should be low counts negative, and what is no number counts as the worst.</summary>
    /// <param name="metric">Which number.</param>
    /// <exception cref="ArgumentException">There is no such head, or it was not measured.</exception>
    public double Score(WatchedMetric metric)
    {
        ArgumentNullException.ThrowIfNull(metric);
        var value = metric.Of(Result);
        return double.IsNaN(value) ? double.MinValue : metric.LowerIsBetter ? -value : value;
    }
}

/// <summary>A run's epochs.</summary>
/// <param name="epochs">The epochs in order.</param>
public sealed class History(IReadOnlyList<EpochRecord> epochs)
{
    /// <summary>The epochs in order.</summary>
    public IReadOnlyList<EpochRecord> Epochs { get; } = epochs;

    /// <summary>The rows as CSV (invariant numbers, lines that end in a line feed) with a header: epoch, rate, times, then loss and accuracy (and top-k
    /// accuracy and the run's own metrics, if they were measured) of each head; empty where an epoch had no validation.</summary>
    public string ToCsv()
    {
        var csv = new StringBuilder("epoch,learning_rate,seconds,train_images_per_second");
        var hasTopK = Epochs.Any(row => row.Train[0].TopKAccuracy is not null);
        var custom = Epochs.SelectMany(row => row.Train[0].Custom?.Keys ?? []).Distinct().ToList();
        var columns = Epochs.SelectMany(row => Cells(row).Select(cell => cell.Column)).Distinct().ToList();
        foreach (var column in columns)
        {
            csv.Append(CultureInfo.InvariantCulture, $",{column}_loss,{column}_accuracy{(hasTopK ? $",{column}_top_k_accuracy" : "")}");
            csv.AppendJoin("", custom.Select(name => $",{column}_{name}"));
        }

        csv.Append('\n');
        foreach (var row in Epochs)
        {
            csv.Append(CultureInfo.InvariantCulture, $"{row.Epoch},{row.LearningRate},{row.Seconds:F3},{row.TrainImagesPerSecond:F1}");
            var cells = Cells(row).ToDictionary(cell => cell.Column, cell => cell.Metrics);
            foreach (var metrics in columns.Select(cells.GetValueOrDefault))
            {
                csv.Append(CultureInfo.InvariantCulture, $",{metrics?.Loss:F6},{metrics?.Accuracy:F6}");
                if (hasTopK)
                {
                    csv.Append(CultureInfo.InvariantCulture, $",{metrics?.TopKAccuracy:F6}");
                }

                foreach (var name in custom)
                {
                    csv.Append(CultureInfo.InvariantCulture, $",{metrics?.Custom?[name]:F6}");
                }
            }

            csv.Append('\n');
        }

        return csv.ToString();
    }

    private static IEnumerable<(string Column, HeadMetrics Metrics)> Cells(EpochRecord row) =>
        row.Train.Select(head => ($"train_{head.Head}", head))
            .Concat(row.Validation.Select(head => ($"validation_{head.Head}", head)))
            .Concat((row.Averaged ?? []).Select(head => ($"averaged_{head.Head}", head)));
}
