using Inception.Data;
using static TorchSharp.torch;

namespace Inception.Training;

/// <summary>What training minimises: the weighted sum of the mean losses of a model's heads.</summary>
public sealed class HeadObjective
{
    private readonly IReadOnlyList<Head> heads;
    private readonly IHeadLoss[] losses;
    private readonly ILearningRateSchedule?[] weights;

    /// <summary>The objective of training.</summary>
    /// <param name="heads">The model's heads.</param>
    /// <param name="options">Their losses and weights over the run, and the label smoothing; the rest is not looked at.</param>
    public HeadObjective(IReadOnlyList<Head> heads, TrainerOptions options)
    {
        ArgumentNullException.ThrowIfNull(heads);
        ArgumentNullException.ThrowIfNull(options);
        this.heads = heads;
        losses = [.. heads.Select(head => options.Losses?.GetValueOrDefault(head.Name) ?? new CrossEntropy(options.LabelSmoothing))];
        weights = [.. heads.Select(head => options.HeadWeights?.GetValueOrDefault(head.Name))];
    }

    private HeadObjective(HeadObjective training)
    {
        heads = training.heads;
        losses = [.. training.losses.Select(loss => loss.ForValidation)];
        weights = training.weights;
    }

    /// <summary>The same with the losses that validation measures.</summary>
    public HeadObjective ForValidation() => new(this);

    /// <summary>Adds every head's loss and hits to <paramref name="metrics"/>.</summary>
    /// <param name="output">What the model computed, every head.</param>
    /// <param name="batch">The images that it computed it from, and their labels.</param>
    /// <param name="metrics">Where the losses and hits are added up.</param>
    /// <param name="step">The step in the epoch, counted from 1.</param>
    /// <returns>The mean loss () of each of the model's heads in their order, whatever the order of the output.</returns>
    public IReadOnlyList<Tensor> Measure(MultiHeadOutput output, Batch batch, MetricAccumulator metrics, int step = 1)
    {
        ArgumentNullException.ThrowIfNull(output);
        ArgumentNullException.ThrowIfNull(metrics);
        var logits = heads.Select(head => output[head.Name]).ToArray();
        var means = logits.Select((head, i) => Mean(losses[i], head, batch)).ToArray();
        metrics.Add(means, logits, batch.Labels, step);
        return means;
    }

    /// <summary>The weighted sum () of the heads' mean losses.</summary>
    /// <param name="means">The mean loss () of each head, in the heads' order.</param>
    /// <param name="position">Where the run stands, which the weights may depend on.</param>
    public Tensor Total(IReadOnlyList<Tensor> means, TrainingPosition position) =>
        means.Select((mean, i) => mean * (weights[i]?.At(position) ?? heads[i].Weight)).Aggregate((sum, loss) => sum + loss);

    // Of blended images, each label counts with its image's share.
    private static Tensor Mean(IHeadLoss loss, Tensor logits, Batch batch)
    {
        var own = loss.PerImage(logits, batch.Labels);
        return batch is { PartnerLabels: { } partners, Shares: { } shares }
            ? ((own * shares) + (loss.PerImage(logits, partners) * (1 - shares))).mean()
            : own.mean();
    }
}
