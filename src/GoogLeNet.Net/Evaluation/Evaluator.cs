using System.Diagnostics;
using Inception.Data;
using static TorchSharp.torch;

namespace Inception.Evaluation;

/// <summary>Measures how well a network or an ensemble classifies labeled images.</summary>
public sealed class Evaluator
{
    private readonly Predictor predictor;
    private readonly EvaluationOptions options;

    /// <summary>An evaluator of one network on whole images, with the preprocessing that the network knows.</summary>
    /// <param name="model">The network, which stays owned by the caller.</param>
    /// <param name="options">What is measured; null for the defaults of <see cref="EvaluationOptions"/>.</param>
    public Evaluator(IClassifier model, EvaluationOptions? options = null)
        : this(new Predictor(model), options)
    {
    }

    /// <summary>An evaluator of a predictor: one network or several, on one view or several.</summary>
    /// <param name="predictor">What predicts.</param>
    /// <param name="options">What is measured; null for the defaults of <see cref="EvaluationOptions"/>.</param>
    public Evaluator(Predictor predictor, EvaluationOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(predictor);
        this.predictor = predictor;
        this.options = options ?? new EvaluationOptions();
    }

    /// <summary>
    /// Predicts every image and compares with its label. <see cref="Views.CenterCrop"/>, <see cref="Views.TenCrops"/> and <see cref="Views.PaperCrops"/> see the pictures of an
    /// <see cref="ImageFolderDataset"/> whole, one at a time, read from their files; those of other data sets as these hold them.
    /// </summary>
    /// <param name="dataset">Labeled images.</param>
    /// <param name="progress">Called after every batch or picture, on this thread.</param>
    /// <param name="cancellationToken">Ends the evaluation between two batches that the network sees.</param>
    /// <exception cref="ArgumentException">The data set is empty, has another number of classes than the networks or labels outside them, or its images do not fit the networks.</exception>
    /// <exception cref="DatasetException">A picture cannot be read.</exception>
    /// <exception cref="InvalidOperationException">A prediction is not a number, because a weight or an input is not finite.</exception>
    /// <exception cref="OperationCanceledException">The token was canceled.</exception>
    public EvaluationResult Evaluate(
        IImageDataset dataset, IProgress<ImageProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ImageDatasets.Check(dataset, predictor.NumClasses);
        ImageDatasets.CheckClassNames(dataset.ClassNames, "the images'", predictor.KnownClassNames, "the network's", nameof(dataset));
        var began = Stopwatch.GetTimestamp();
        using var outcomes = new OutcomeTable(dataset.Count, predictor.Device);
        using var mode = predictor.Evaluating();
        using var memory = HostMemory.Keep();
        var parts = dataset is ImageFolderDataset folder && predictor.ScalesPictures ? folder.WholePictures(cancellationToken) : dataset.Parts(options.BatchSize, cancellationToken);
        foreach (var (first, images) in parts)
        {
            using var scope = NewDisposeScope();
            var count = images.shape[0];
            outcomes.Set(first, predictor.LogProbabilities(images, cancellationToken), dataset.Labels.narrow(0, first, count));
            progress?.Report(new ImageProgress(first + count, dataset.Count));
        }

        var read = outcomes.Read();
        return EvaluationResult.From(read, dataset.ClassNames, options, Stopwatch.GetElapsedTime(began));
    }
}

/// <summary>Options of an evaluation.</summary>
public sealed record EvaluationOptions
{
    private readonly int batchSize = 256;
    private readonly int topK = 5;
    private readonly int calibrationBins = 15;
    private readonly int mistakes = 20;

    /// <summary>Images in a step, at least 1; whole pictures come one at a time. Default 256.</summary>
    public int BatchSize { get => batchSize; init => batchSize = Check.AtLeast(1, value, nameof(BatchSize)); }

    /// <summary>The k of top-k accuracy, at least 1; at most the number of classes is used. Default 5.</summary>
    public int TopK { get => topK; init => topK = Check.AtLeast(1, value, nameof(TopK)); }

    /// <summary>Bins of the calibration error, at least 1. Default 15.</summary>
    public int CalibrationBins { get => calibrationBins; init => calibrationBins = Check.AtLeast(1, value, nameof(CalibrationBins)); }

    /// <summary>How many of the most confident mistakes are kept, 0 or more. Default 20.</summary>
    public int Mistakes { get => mistakes; init => mistakes = Check.AtLeast(0, value, nameof(Mistakes)); }
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
        var classes = Arithmetic.Range(logarithms.size(1), table.device).unsqueeze(0);
        var tiesBefore = logarithms.eq(ofLabel).mul(classes.lt(truth));
        var rank = logarithms.gt(ofLabel).sum(1).Plus(tiesBefore.sum(1));
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
