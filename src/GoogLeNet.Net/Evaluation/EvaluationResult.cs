using System.Collections.Immutable;
using static TorchSharp.torch;

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

/// <summary>What was predicted for one image.</summary>
/// <param name="Label">The true class.</param>
/// <param name="Predicted">The most probable class; of several the first.</param>
/// <param name="Confidence">Its probability.</param>
/// <param name="Rank">Classes that come before the true one: the more probable, and the equally probable of lower number.</param>
/// <param name="Loss">Negative logarithm of the true class's probability.</param>
internal readonly record struct Outcome(int Label, int Predicted, double Confidence, int Rank, double Loss);

/// <summary>Outcomes kept on the device, so that nothing waits for it before <see cref="Read"/>.</summary>
internal sealed class OutcomeTable(long images, Device device) : IDisposable
{
    private readonly Tensor table = zeros(images, 5, dtype: ScalarType.Float64, device: device).DetachFromDisposeScope();

    /// <summary>Enters a batch: logarithms of probabilities, float64 (n, classes), and labels int64 (n), for the images from <paramref name="first"/> on.</summary>
    public void Set(long first, Tensor logarithms, Tensor labels)
    {
        using var scope = NewDisposeScope();
        var truth = labels.SentTo(table.device).unsqueeze(1);                                 // (n, 1)
        var (highest, predicted) = logarithms.max(1);
        var ofLabel = logarithms.gather(1, truth);                                            // (n, 1)
        var classes = arange(logarithms.shape[1], ScalarType.Int64, table.device).unsqueeze(0);
        var tiesBefore = logarithms.eq(ofLabel).mul(classes.lt(truth));
        var rank = logarithms.gt(ofLabel).sum(1).add(tiesBefore.sum(1));
        var rows = table.narrow(0, first, labels.shape[0]);
        Tensor[] columns = [truth.squeeze(1), predicted, highest.exp(), rank, ofLabel.squeeze(1).neg()];
        for (var i = 0; i < columns.Length; i++)
        {
            rows.select(1, i).copy_(columns[i]);
        }
    }

    /// <summary>All outcomes in the data set's order; waits for the device.</summary>
    /// <exception cref="InvalidOperationException">A prediction is not a number.</exception>
    public IReadOnlyList<Outcome> Read()
    {
#pragma warning disable RS0030 // Once, after the last image.
        using var host = table.cpu();
        using var accessor = host.data<double>();
        Outcome[] outcomes = [.. accessor.ToArray().Chunk(5).Select(row => new Outcome((int)row[0], (int)row[1], row[2], (int)row[3], row[4]))];
#pragma warning restore RS0030
        var broken = Array.FindIndex(outcomes, outcome => double.IsNaN(outcome.Confidence) || double.IsNaN(outcome.Loss));
        return broken < 0 ? outcomes : throw new InvalidOperationException(
            $"The prediction for image {broken} is not a number: a weight of the network, or the image after its transforms, is not finite.");
    }

    /// <inheritdoc/>
    public void Dispose() => table.Dispose();
}
