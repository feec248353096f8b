using Inception.Data;
using static TorchSharp.torch;

namespace Inception.Training;

/// <summary>Computes the gradient of one batch, in micro-batches if the options ask for it.</summary>
internal sealed class TrainingStep(
    PrecisionCast network, IReadOnlyList<Head> heads, TrainerOptions options, FlatParameters parameters, BatchLoader loader, long trainImages) : IDisposable
{
    private readonly HeadObjective objective = new(heads, options);
    private readonly int partsPerStep = options.BatchSize / loader.BatchSize;

    // The rest of the epoch's batches, which may be prefetched, and which one is next.
    private IEnumerator<Batch>? batches;
    private (int Epoch, int Part) next;

    /// <summary>Adds the gradient of a batch's mean loss to the parameters' gradients, and the batch to <paramref name="metrics"/>.</summary>
    public void Backward(TrainingPosition position, MetricAccumulator metrics)
    {
        using var step = NewDisposeScope();
        var first = position.Step * partsPerStep;
        var end = Math.Min(first + partsPerStep, loader.Steps);
        // Dropout depends on (seed, epoch, step) and the part alone, so that a resumed run equals an uninterrupted one.
        var seed = (long)new CounterRandom(options.Seed, nameof(MultiHeadTrainer), position.Epoch).Bits(position.Step);
        var batchImages = Math.Min(options.BatchSize, trainImages - ((long)position.Step * options.BatchSize));

        // What a part's mean counts in the batch's depends on the weights of all the batch's labels, so the batch is drawn as a whole.
        var whole = objective.HasClassWeights && end - first > 1 ? Enumerable.Range(first, end - first).Select(part => Take(position.Epoch, part)).ToList() : null;
        var weights = whole?.Select(objective.WeightSums).ToList();
        for (var part = first; part < end; part++)
        {
            using var scope = NewDisposeScope();
            var batch = whole?[part - first] ?? Take(position.Epoch, part);
            var losses = objective.Losses(network.AllHeads(batch.Images, unchecked(seed + part - first)), batch, metrics, position.Step + 1);
            var fraction = batch.Labels.shape[0] / (double)batchImages;
            var total = weights is null
                ? objective.WeightedSum(losses, position)
                : objective.WeightedSum([.. losses.Select((loss, head) => Share(weights, part - first, head) is { } share ? loss * (share / fraction) : loss)], position);
            (fraction == 1 ? total : total * fraction).backward();
            parameters.CollectGradients();
        }
    }

    // A part's fraction of the weights of a batch's images; null where every image counts alike.
    private static Tensor? Share(List<IReadOnlyList<Tensor?>> weights, int part, int head) =>
        weights[part][head] is { } own ? own / weights.Select(each => each[head]!).Aggregate((sum, each) => sum + each) : null;

    /// <summary>Ends the prefetching of batches.</summary>
    public void Dispose() => batches?.Dispose();

    private Batch Take(int epoch, int part)
    {
        if (batches is null || next != (epoch, part))
        {
            batches?.Dispose();
            batches = loader.Epoch(epoch, part).GetEnumerator();
        }

        next = (epoch, part + 1);
        batches.MoveNext();
        return batches.Current;
    }
}
