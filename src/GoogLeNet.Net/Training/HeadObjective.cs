using Inception.Data;
using Inception.Training.Losses;
using Inception.Training.Metrics;
using Inception.Training.Schedules;
using static TorchSharp.torch;

namespace Inception.Training;

/// <summary>What training minimises: the weighted sum of the mean losses of a model's heads.</summary>
internal sealed class HeadObjective
{
    private readonly IReadOnlyList<Head> heads;
    private readonly IHeadLoss[] losses;
    private readonly ILearningRateSchedule?[] weights;

    /// <summary>The objective of training.</summary>
    public HeadObjective(IReadOnlyList<Head> heads, TrainerOptions options)
    {
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
    /// <returns>The mean loss () of each of the model's heads in their order, whatever the order of the output.</returns>
    public IReadOnlyList<Tensor> Measure(MultiHeadOutput output, Batch batch, MetricAccumulator metrics, int step = 1)
    {
        var logits = heads.Select(head => output[head.Name]).ToArray();
        var means = logits.Select((head, i) => Mean(losses[i], head, batch)).ToArray();
        metrics.Add(means, logits, batch.Labels, step);
        return means;
    }

    /// <summary>The weighted sum () of the heads' mean losses.</summary>
    public Tensor Total(IReadOnlyList<Tensor> means, TrainingPosition position) =>
        means.Select((mean, i) => mean * (weights[i]?.At(position) ?? heads[i].Weight)).Aggregate((sum, loss) => sum + loss);

    private static Tensor Mean(IHeadLoss loss, Tensor logits, Batch batch) => loss.PerImage(logits, batch.Labels).mean();
}
