using Inception.Data;
using static TorchSharp.torch;

namespace Inception.Evaluation;

/// <summary>
/// Probabilities that are right as often as they say (Guo et al. 2017, arXiv:1706.04599): the main head's logits are divided by one number, the temperature, before softmax. Which
/// class is the most probable stays as it is.
/// </summary>
public static class TemperatureScaling
{
    private const int ImagesAtOnce = 256;

    // Less than a compiled network rounds by.
    private const double Slack = 1e-6;

    /// <summary>
    /// Fits <see cref="MultiHeadModel.Temperature"/>: that with the lowest mean negative logarithm of the true class's probability. Predictions use it from then on, and files keep it.
    /// </summary>
    /// <param name="model">The network, trained.</param>
    /// <param name="validation">Images that it has not been trained on; a few hundred are enough.</param>
    /// <param name="keep">
    /// Also sets <see cref="MultiHeadModel.MinimumConfidence"/>, so that at least this share of the validation images, more than 0 and up to 1, keeps an answer: what is less certain than
    /// those is answered with "unknown". Null for an answer to every picture.
    /// </param>
    /// <param name="cancellationToken">Ends the work between two batches; the network is then unchanged.</param>
    /// <returns>The temperature: more than 1 where the network was too sure of itself, less where it was not sure enough.</returns>
    /// <exception cref="ArgumentException">
    /// The data set does not fit the network; or no temperature is the best, because every image is classified correctly, or because the logits say nothing about the labels. The network is
    /// unchanged.
    /// </exception>
    /// <exception cref="InvalidOperationException">A logit is not a finite number.</exception>
    /// <exception cref="OperationCanceledException">The token was canceled.</exception>
    public static double Calibrate(this MultiHeadModel model, IImageDataset validation, double? keep = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ImageDatasets.Check(validation, model.NumClasses, nameof(validation));
        ImageDatasets.CheckClassNames(validation.ClassNames, "the images'", model.ClassNames, "the network's", nameof(validation));
        if (keep is not null and not (> 0 and <= 1))
        {
            throw new ArgumentOutOfRangeException(nameof(keep), keep, FormattableString.Invariant($"keep is {keep}; it must be more than 0 and up to 1."));
        }

        var logits = Logits(model, validation, cancellationToken);
        var labels = validation.HostLabels();
        var temperature = Fit(logits, labels);
        model.MinimumConfidence = keep is { } share ? Threshold(logits, temperature, share) : 0;
        return model.Temperature = temperature;
    }

    /// <summary>The temperature with the lowest loss.</summary>
    /// <remarks>In β = 1/T the loss is convex, its slope Σ p·z − z of the true class, and the slope's own the variance of z under p: Newton's method between two bounds that close in.</remarks>
    /// <param name="logits">A row of finite numbers for each image.</param>
    /// <param name="labels">Their classes.</param>
    /// <exception cref="ArgumentException">There is none.</exception>
    internal static double Fit(IReadOnlyList<double[]> logits, ReadOnlySpan<long> labels)
    {
        var truth = labels.ToArray();
        if (logits.Where((row, i) => row.Any(value => value > row[truth[i]])).FirstOrDefault() is null)
        {
            throw new ArgumentException($"A temperature cannot be fitted: all {logits.Count} images are classified correctly. Take more, or harder ones.", nameof(labels));
        }

        if (Slope(logits, truth, 0).First >= 0)
        {
            throw new ArgumentException($"A temperature cannot be fitted: the network's logits say nothing about the labels of these {logits.Count} images.", nameof(labels));
        }

        var (low, high, beta) = (0.0, double.PositiveInfinity, 1.0);
        for (var i = 0; i < 200; i++)
        {
            var (first, second) = Slope(logits, truth, beta);
            (low, high) = first < 0 ? (beta, high) : (low, beta);
            var next = beta - (first / second);
            next = next > low && next < high ? next : double.IsInfinity(high) ? 2 * beta : (low + high) / 2;
            if (Math.Abs(next - beta) <= 1e-12 * beta)
            {
                break;
            }

            beta = next;
        }

        return 1 / beta;
    }

    // The confidence below which at most the other images lie.
    private static double Threshold(IReadOnlyList<double[]> logits, double temperature, double keep)
    {
        var confidences = logits.Select(row => (Row: row, Highest: row.Max())).Select(image => 1 / image.Row.Sum(value => Math.Exp((value - image.Highest) / temperature))).Order().ToList();
        return Math.Max(0, confidences[confidences.Count - (int)Math.Ceiling((keep * confidences.Count) - 1e-9)] - Slack);
    }

    // Of the mean loss by β: its first and second derivative.
    private static (double First, double Second) Slope(IReadOnlyList<double[]> logits, long[] labels, double beta)
    {
        var (first, second) = (0.0, 0.0);
        for (var i = 0; i < labels.Length; i++)
        {
            var (row, highest) = (logits[i], logits[i].Max());
            var (sum, mean, square) = (0.0, 0.0, 0.0);
            foreach (var value in row)
            {
                var weight = Math.Exp(beta * (value - highest));
                (sum, mean, square) = (sum + weight, mean + (weight * (value - highest)), square + (weight * (value - highest) * (value - highest)));
            }

            (mean, square) = (mean / sum, square / sum);
            (first, second) = (first + mean - (row[labels[i]] - highest), second + square - (mean * mean));
        }

        return (first / labels.Length, second / labels.Length);
    }

    // Up to a number that is common to an image's classes.
    private static List<double[]> Logits(MultiHeadModel model, IImageDataset dataset, CancellationToken cancellationToken)
    {
        using var predictor = new Predictor(model);
        using var mode = predictor.Evaluating();
        using var memory = HostMemory.Keep();
        var rows = new List<double[]>();
        foreach (var (_, images) in dataset.Parts(ImagesAtOnce, cancellationToken))
        {
            using var scope = NewDisposeScope();
#pragma warning disable RS0030 // Once, after training.
            rows.AddRange(predictor.LogProbabilities(images, cancellationToken).Times(model.Temperature).cpu().data<double>().ToArray().Chunk(model.NumClasses));
#pragma warning restore RS0030
        }

        return rows.TrueForAll(row => row.All(double.IsFinite)) ? rows
            : throw new InvalidOperationException("A logit is not a finite number: a weight of the network or an image is not.");
    }
}
