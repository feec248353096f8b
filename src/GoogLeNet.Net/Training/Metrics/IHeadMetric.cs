using System.Text.Json.Serialization;
using static TorchSharp.torch;

namespace Inception.Training;

/// <summary>
/// A metric of every head beside loss and accuracy: sums over images, kept on the device, and a number computed from them at the end. Implement it with a record and hand it to
/// <see cref="TrainerOptions.Metrics"/>.
/// </summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "metric")]
[JsonDerivedType(typeof(MacroRecall), "macroRecall")]
public interface IHeadMetric
{
    /// <summary>Its name in <see cref="HeadMetrics.Custom"/>, in CSV columns and files: letters, digits, '-' and '_'.</summary>
    [JsonIgnore]
    string Name { get; }

    /// <summary>How many numbers are summed up.</summary>
    /// <param name="classes">Classes of the model.</param>
    int SumCount(int classes);

    /// <summary>What a batch adds to the sums. It must not wait for the device.</summary>
    /// <param name="logits">float32 (N, classes), without gradients.</param>
    /// <param name="labels">int64 (N); with mixup each image's own label.</param>
    /// <returns>(<see cref="SumCount"/>) numbers of any type on the same device.</returns>
    Tensor Sums(Tensor logits, Tensor labels);

    /// <summary>The metric of all images.</summary>
    /// <param name="sums">The sums over all batches.</param>
    double Value(IReadOnlyList<double> sums);
}

/// <summary>
/// The mean over the classes of the fraction of each class's images that are classified right: balanced accuracy. Classes without images do not count. In [0, 1], more is better.
/// </summary>
public sealed record MacroRecall : IHeadMetric
{
    /// <inheritdoc/>
    [JsonIgnore]
    public string Name => "macroRecall";

    /// <inheritdoc/>
    public int SumCount(int classes) => 2 * classes;

    /// <summary>For each class its images that are classified right, then for each class its images.</summary>
    public Tensor Sums(Tensor logits, Tensor labels)
    {
        ArgumentNullException.ThrowIfNull(logits);
        ArgumentNullException.ThrowIfNull(labels);
        using var scope = NewDisposeScope();
        var isClass = labels.view(-1, 1).eq(arange(logits.shape[1], device: labels.device));       // (N, classes)
        var isHit = logits.argmax(1).eq(labels).view(-1, 1);
        return cat([isClass.logical_and(isHit).sum([0]), isClass.sum([0])]).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public double Value(IReadOnlyList<double> sums)
    {
        ArgumentNullException.ThrowIfNull(sums);
        var classes = sums.Count / 2;
        return Enumerable.Range(0, classes).Where(k => sums[classes + k] > 0).Average(k => sums[k] / sums[classes + k]);
    }
}
