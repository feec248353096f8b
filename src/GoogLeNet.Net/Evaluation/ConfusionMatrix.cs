using System.Collections.Immutable;

namespace Inception.Evaluation;

/// <summary>How well one class is recognized; all numbers but the support are in [0, 1].</summary>
/// <param name="Name">The class.</param>
/// <param name="Precision">Fraction of the images predicted as this class that are of it; 0 where none was predicted.</param>
/// <param name="Recall">Fraction of this class's images that were predicted as it; 0 where there are none.</param>
/// <param name="F1">Harmonic mean of precision and recall; 0 where both are 0.</param>
/// <param name="Support">Images of this class.</param>
public sealed record ClassMetrics(string Name, double Precision, double Recall, double F1, long Support);

/// <summary>Counts of images by true and predicted class.</summary>
public sealed class ConfusionMatrix
{
    /// <summary>A matrix of counts.</summary>
    /// <param name="classNames">Name of class k at index k; at least one.</param>
    /// <param name="counts">At index [i][j] the images of class i that were predicted as class j, each 0 or more.</param>
    /// <exception cref="ArgumentException">There is no class, a row or column is missing or too many, or a count is negative.</exception>
    public ConfusionMatrix(ImmutableArray<string> classNames, ImmutableArray<ImmutableArray<long>> counts)
    {
        if (classNames.IsDefaultOrEmpty)
        {
            throw new ArgumentException("At least one class name is needed.", nameof(classNames));
        }

        if (counts.IsDefault || counts.Length != classNames.Length
            || counts.Any(row => row.IsDefault || row.Length != classNames.Length || row.Any(count => count < 0)))
        {
            throw new ArgumentException(
                $"{classNames.Length} classes need {classNames.Length} rows of {classNames.Length} counts, each 0 or more.", nameof(counts));
        }

        (ClassNames, Counts) = (classNames, counts);
        Classes = [.. Enumerable.Range(0, classNames.Length).Select(Metrics)];
    }

    /// <summary>Name of class k at index k.</summary>
    public ImmutableArray<string> ClassNames { get; }

    /// <summary>At index [i][j] the images of class i that were predicted as class j.</summary>
    public ImmutableArray<ImmutableArray<long>> Counts { get; }

    /// <summary>Precision, recall and F1 of each class, a division by zero giving 0 as in scikit-learn.</summary>
    public ImmutableArray<ClassMetrics> Classes { get; }

    /// <summary>Images of class <paramref name="actual"/> that were predicted as class <paramref name="predicted"/>.</summary>
    /// <param name="actual">The true class.</param>
    /// <param name="predicted">The predicted class.</param>
    public long this[int actual, int predicted] => Counts[actual][predicted];

    internal static ConfusionMatrix Count(IEnumerable<(int Actual, int Predicted)> pairs, IReadOnlyList<string> classNames)
    {
        var counts = Enumerable.Range(0, classNames.Count).Select(_ => new long[classNames.Count]).ToArray();
        foreach (var (actual, predicted) in pairs)
        {
            counts[actual][predicted]++;
        }

        return new ConfusionMatrix([.. classNames], [.. counts.Select(row => row.ToImmutableArray())]);
    }

    private ClassMetrics Metrics(int k)
    {
        var (hits, support, predicted) = (Counts[k][k], Counts[k].Sum(), Counts.Sum(row => row[k]));
        return new ClassMetrics(ClassNames[k], Ratio(hits, predicted), Ratio(hits, support), Ratio(2 * hits, support + predicted), support);
    }

    private static double Ratio(long part, long whole) => whole == 0 ? 0 : part / (double)whole;
}
