using System.Collections.Immutable;

namespace Inception.Evaluation;

/// <summary>An image that was classified wrongly.</summary>
/// <param name="Index">The image's index in the data set.</param>
/// <param name="Actual">The true class.</param>
/// <param name="Predicted">The most probable class.</param>
/// <param name="Confidence">Its probability.</param>
public sealed record Mistake(long Index, int Actual, int Predicted, double Confidence);

/// <summary>How well a network or an ensemble classified a data set. Accuracies and probabilities are in [0, 1].</summary>
public sealed class EvaluationResult
{
    /// <summary>Images classified.</summary>
    public required long Images { get; init; }

    /// <summary>Fraction of images whose most probable class is the true one.</summary>
    public required double Accuracy { get; init; }

    /// <summary>The k of <see cref="TopKAccuracy"/>.</summary>
    public required int TopK { get; init; }

    /// <summary>
    /// Fraction of images whose true class is among the k most probable; of equally probable classes those of lower number come first.
    /// </summary>
    public required double TopKAccuracy { get; init; }

    /// <summary>Mean negative logarithm of the true class's averaged probability, in nats.</summary>
    public required double Loss { get; init; }

    /// <summary>Counts by true and predicted class, and each class's precision and recall.</summary>
    public required ConfusionMatrix Confusion { get; init; }

    /// <summary>How well confidence and accuracy agree.</summary>
    public required Calibration Calibration { get; init; }

    /// <summary>The mistakes made with the highest confidence, the highest first; as many as the options ask for.</summary>
    public required ImmutableArray<Mistake> Mistakes { get; init; }

    /// <summary>How long it took.</summary>
    public required double Seconds { get; init; }

    /// <summary>Speed, all views and networks included.</summary>
    public double ImagesPerSecond => Images / Seconds;

    internal static EvaluationResult From(
        IReadOnlyList<Outcome> outcomes, IReadOnlyList<string> classNames, EvaluationOptions options, TimeSpan took)
    {
        var topK = Math.Min(options.TopK, classNames.Count);
        var mistakes = outcomes.Select((outcome, i) => new Mistake(i, outcome.Label, outcome.Predicted, outcome.Confidence))
            .Where(mistake => mistake.Actual != mistake.Predicted).OrderByDescending(mistake => mistake.Confidence).Take(options.Mistakes);
        return new EvaluationResult
        {
            Images = outcomes.Count,
            Accuracy = Fraction(outcomes, outcome => outcome.Predicted == outcome.Label),
            TopK = topK,
            TopKAccuracy = Fraction(outcomes, outcome => outcome.Rank < topK),
            Loss = outcomes.Average(outcome => outcome.Loss),
            Confusion = ConfusionMatrix.Count(outcomes.Select(outcome => (outcome.Label, outcome.Predicted)), classNames),
            Calibration = Calibration.Measure(
                outcomes.Select(outcome => (outcome.Confidence, outcome.Predicted == outcome.Label)), options.CalibrationBins),
            Mistakes = [.. mistakes],
            Seconds = took.TotalSeconds,
        };
    }

    private static double Fraction(IReadOnlyList<Outcome> outcomes, Func<Outcome, bool> predicate) => outcomes.Count(predicate) / (double)outcomes.Count;
}

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

/// <summary>Images whose predictions are about equally confident: one bar of a reliability diagram.</summary>
/// <param name="From">Confidence above this; in the first bin also this itself.</param>
/// <param name="To">Confidence up to this.</param>
/// <param name="Images">Images in the bin.</param>
/// <param name="Confidence">Their mean confidence; 0 in an empty bin.</param>
/// <param name="Accuracy">Fraction of them that is classified correctly; 0 in an empty bin.</param>
public sealed record CalibrationBin(double From, double To, long Images, double Confidence, double Accuracy);

/// <summary>How well the confidence of predictions agrees with their accuracy (Guo et al., 2017, arXiv:1706.04599, section 2).</summary>
public sealed class Calibration
{
    /// <summary>A calibration.</summary>
    /// <param name="expectedError">The expected calibration error.</param>
    /// <param name="bins">Bins of equal width from 0 to 1.</param>
    public Calibration(double expectedError, ImmutableArray<CalibrationBin> bins) => (ExpectedError, Bins) = (expectedError, bins);

    /// <summary>
    /// Expected calibration error (ECE): the mean over all images of |accuracy − confidence| of their bin, in [0, 1]; 0 where predictions made
    /// with confidence p are right with probability p.
    /// </summary>
    public double ExpectedError { get; }

    /// <summary>Bins of equal width from 0 to 1.</summary>
    public ImmutableArray<CalibrationBin> Bins { get; }

    internal static Calibration Measure(IEnumerable<(double Confidence, bool Correct)> predictions, int bins)
    {
        // Averaged probabilities may exceed 1 by rounding.
        var members = predictions.ToLookup(prediction => Math.Clamp((int)Math.Ceiling(prediction.Confidence * bins) - 1, 0, bins - 1));
        ImmutableArray<CalibrationBin> all = [.. Enumerable.Range(0, bins).Select(bin => Bin(bin, bins, [.. members[bin]]))];
        var images = all.Sum(bin => bin.Images);
        return new Calibration(all.Sum(bin => bin.Images * Math.Abs(bin.Accuracy - bin.Confidence)) / images, all);
    }

    private static CalibrationBin Bin(int index, int bins, IReadOnlyList<(double Confidence, bool Correct)> members) => new(
        index / (double)bins,
        (index + 1) / (double)bins,
        members.Count,
        members.Count == 0 ? 0 : members.Average(member => member.Confidence),
        members.Count == 0 ? 0 : members.Count(member => member.Correct) / (double)members.Count);
}
