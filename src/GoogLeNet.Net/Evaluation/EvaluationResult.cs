using System.Collections.Immutable;

namespace Inception.Evaluation;

/// <summary>An image that was classified wrongly.</summary>
/// <param name="Index">The image's index in the data set.</param>
/// <param name="Actual">The true class.</param>
/// <param name="Predicted">The most probable class.</param>
/// <param name="Confidence">Its probability.</param>
public sealed record Mistake(long Index, int Actual, int Predicted, double Confidence);

/// <summary>How well a network or an ensemble classified a data set. Shares and probabilities are in [0, 1].</summary>
public sealed record EvaluationResult
{
    // Keeps the logarithm finite where a probability has become 0: no more than 708 nats for one image.
    private const double SmallestProbability = 2.2250738585072014e-308;

    /// <summary>Images classified.</summary>
    public required long Images { get; init; }

    /// <summary>Share of images whose most probable class is the true one.</summary>
    public required double Accuracy { get; init; }

    /// <summary>The k of <see cref="TopKAccuracy"/>.</summary>
    public required int TopK { get; init; }

    /// <summary>
    /// Share of images whose true class is among the k most probable; of equally probable classes those of lower number come first.
    /// </summary>
    public required double TopKAccuracy { get; init; }

    /// <summary>Mean negative logarithm of the true class's averaged probability, in nats.</summary>
    public required double Loss { get; init; }

    /// <summary>Which classes were taken for which, and each class's precision and recall.</summary>
    public required ConfusionMatrix Confusion { get; init; }

    /// <summary>How far confidence and accuracy agree.</summary>
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
            Accuracy = Share(outcomes, outcome => outcome.Predicted == outcome.Label),
            TopK = topK,
            TopKAccuracy = Share(outcomes, outcome => outcome.Rank < topK),
            Loss = outcomes.Average(outcome => -Math.Log(Math.Max(outcome.LabelProbability, SmallestProbability))),
            Confusion = ConfusionMatrix.Count(outcomes.Select(outcome => (outcome.Label, outcome.Predicted)), classNames),
            Calibration = Calibration.Measure(
                outcomes.Select(outcome => (outcome.Confidence, outcome.Predicted == outcome.Label)), options.CalibrationBins),
            Mistakes = [.. mistakes],
            Seconds = took.TotalSeconds,
        };
    }

    private static double Share(IReadOnlyList<Outcome> outcomes, Func<Outcome, bool> predicate) => outcomes.Count(predicate) / (double)outcomes.Count;
}
