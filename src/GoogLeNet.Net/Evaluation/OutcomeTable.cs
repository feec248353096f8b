using Inception.Data;
using static TorchSharp.torch;

namespace Inception.Evaluation;

/// <summary>What was predicted for one image.</summary>
/// <param name="Label">The true class.</param>
/// <param name="Predicted">The most probable class; of several the first.</param>
/// <param name="Confidence">Its probability.</param>
/// <param name="Rank">Classes that come before the true one: the more probable, and the equally probable of lower number.</param>
/// <param name="LabelProbability">Probability of the true class.</param>
internal readonly record struct Outcome(int Label, int Predicted, double Confidence, int Rank, double LabelProbability);

/// <summary>Outcomes on the device: nothing waits for it until <see cref="Read"/>.</summary>
internal sealed class OutcomeTable(long images, Device device) : IDisposable
{
    private readonly Tensor table = zeros(images, 5, dtype: ScalarType.Float64, device: device).DetachFromDisposeScope();

    /// <summary>Enters a batch: probabilities float64 (n, classes), labels int64 (n), for the images from <paramref name="first"/> on.</summary>
    public void Set(long first, Tensor probabilities, Tensor labels)
    {
        using var scope = NewDisposeScope();
        var truth = labels.SentTo(table.device).unsqueeze(1);                                 // (n, 1)
        var (confidence, predicted) = probabilities.max(1);
        var ofLabel = probabilities.gather(1, truth);                                         // (n, 1)
        var classes = arange(probabilities.shape[1], ScalarType.Int64, table.device).unsqueeze(0);
        var tiesBefore = probabilities.eq(ofLabel).mul(classes.lt(truth));
        var rank = probabilities.gt(ofLabel).sum(1).add(tiesBefore.sum(1));
        var rows = table.narrow(0, first, labels.shape[0]);
        Tensor[] columns = [truth.squeeze(1), predicted, confidence, rank, ofLabel.squeeze(1)];
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
        var broken = Array.FindIndex(outcomes, outcome => double.IsNaN(outcome.Confidence) || double.IsNaN(outcome.LabelProbability));
        return broken < 0 ? outcomes : throw new InvalidOperationException(
            $"The prediction for image {broken} is not a number: a weight of the network, or the image after its transforms, is not finite.");
    }

    /// <inheritdoc/>
    public void Dispose() => table.Dispose();
}
