using Inception.Training;

namespace Inception.Tests.Training;

/// <summary>Histories that say what a test needs and nothing else.</summary>
internal static class Histories
{
    public static IReadOnlyList<EpochRecord> OfAccuracies(IReadOnlyList<double> accuracies) =>
        [.. accuracies.Select((accuracy, i) => new EpochRecord(i + 1, 0.1, 1, 1, [new("main", 1, 0)], [new("main", 1, accuracy)]))];

    public static IReadOnlyList<EpochRecord> OfLosses(IReadOnlyList<double> losses) =>
        [.. losses.Select((loss, i) => new EpochRecord(i + 1, 0.1, 1, 1, [new("main", 1, 0)], [new("main", loss, 0)]))];
}
