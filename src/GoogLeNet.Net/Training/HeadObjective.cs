using Inception.Data;
using static TorchSharp.torch;

namespace Inception.Training;

/// <summary>What training minimizes: the weighted sum of the heads' mean losses.</summary>
public sealed class HeadObjective
{
    private readonly IReadOnlyList<Head> heads;
    private readonly IHeadLoss[] losses;
    private readonly ILearningRateSchedule?[] weights;

    /// <summary>Creates the objective of training.</summary>
    /// <param name="heads">The model's heads.</param>
    /// <param name="options">Options, of which the losses, head weights and label smoothing are used.</param>
    public HeadObjective(IReadOnlyList<Head> heads, TrainerOptions options)
    {
        ArgumentNullException.ThrowIfNull(heads);
        ArgumentNullException.ThrowIfNull(options);
        this.heads = heads;
        losses = [.. heads.Select(head => options.Losses?.GetValueOrDefault(head.Name) ?? new CrossEntropy(options.LabelSmoothing, options.ClassWeights))];
        weights = [.. heads.Select(head => options.HeadWeights?.GetValueOrDefault(head.Name))];
    }

    private HeadObjective(HeadObjective training)
    {
        heads = training.heads;
        losses = [.. training.losses.Select(loss => loss.ForValidation)];
        weights = training.weights;
    }

    /// <summary>Whether some head's images do not count alike: their classes have weights.</summary>
    internal bool HasClassWeights => losses.Any(loss => loss.ClassWeights is not null);

    /// <summary>The same with each loss's <see cref="IHeadLoss.ForValidation"/>.</summary>
    public HeadObjective ForValidation() => new(this);

    /// <summary>Every head's mean loss, which is also added to <paramref name="metrics"/> with the head's hits.</summary>
    /// <param name="output">What the model computed, every head.</param>
    /// <param name="batch">The images that it computed it from, and their labels.</param>
    /// <param name="metrics">Where the losses and hits are added up.</param>
    /// <param name="step">The step in the epoch, counted from 1.</param>
    /// <returns>The mean loss () of each of the model's heads in their order, whatever the order of the output.</returns>
    public IReadOnlyList<Tensor> Losses(MultiHeadOutput output, Batch batch, MetricAccumulator metrics, int step = 1)
    {
        ArgumentNullException.ThrowIfNull(metrics);
        var means = Losses(output, batch);
        Measure(means, output, batch, metrics, step);
        return means;
    }

    /// <summary>Every head's mean loss () in the heads' order, which is added to no metrics.</summary>
    internal IReadOnlyList<Tensor> Losses(MultiHeadOutput output, Batch batch)
    {
        ArgumentNullException.ThrowIfNull(output);
        return [.. heads.Select((head, i) => MeanLoss(i, output[head.Name], batch))];
    }

    /// <summary>Adds a batch's losses and hits to metrics.</summary>
    internal void Measure(IReadOnlyList<Tensor> losses, MultiHeadOutput output, Batch batch, MetricAccumulator metrics, int step) =>
        metrics.Add(losses, [.. heads.Select(head => output[head.Name])], batch.Labels, step);

    /// <summary>The sum () of the heads' mean losses, each times its weight.</summary>
    /// <param name="means">The mean loss () of each head, in the heads' order.</param>
    /// <param name="position">Where the run stands, which the weights may depend on.</param>
    public Tensor WeightedSum(IReadOnlyList<Tensor> means, TrainingPosition position) =>
        means.Select((mean, i) => mean.Times(Weight(i, position))).Aggregate(Arithmetic.Plus);

    /// <summary>The weight of a head's loss at a step.</summary>
    internal double Weight(int head, TrainingPosition position) => weights[head]?.At(position) ?? heads[head].Weight;

    /// <summary>For each head the sum () of the weights of a batch's images, by which its mean divides; null where every image counts alike.</summary>
    internal IReadOnlyList<Tensor?> WeightSums(Batch batch) => [.. losses.Select(loss => WeightSum(loss, batch))];

    private Tensor MeanLoss(int head, Tensor logits, Batch batch)
    {
        var perImage = Mixed(batch, labels => losses[head].PerImage(logits, labels));
        return WeightSum(losses[head], batch) is { } weights ? perImage.sum() / weights : perImage.mean();
    }

    private static Tensor? WeightSum(IHeadLoss loss, Batch batch)
    {
        if (loss.ClassWeights is not { } weights)
        {
            return null;
        }

        var ofClass = ClassWeights.On(weights, batch.Labels.device);
        return Mixed(batch, labels => ofClass.index_select(0, labels)).sum();
    }

    // Mixed images have two labels each, which count with λ and 1 − λ.
    private static Tensor Mixed(Batch batch, Func<Tensor, Tensor> ofLabels)
    {
        var own = ofLabels(batch.Labels);
        return batch is { MixedLabels: { } mixed, Lambda: { } lambda } ? (own * lambda).Plus(ofLabels(mixed) * lambda.negative().Plus(1)) : own;
    }
}
