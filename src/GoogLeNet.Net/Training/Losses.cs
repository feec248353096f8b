using System.Text.Json.Serialization;
using Inception.Data;
using static TorchSharp.torch;

namespace Inception.Training;

/// <summary>The loss of one head, image by image. Implement it with a record.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "loss")]
[JsonDerivedType(typeof(CrossEntropy), "crossEntropy")]
public interface IHeadLoss
{
    /// <summary>The loss that validation measures. Default: this one.</summary>
    [JsonIgnore]
    IHeadLoss ForValidation => this;

    /// <summary>
    /// Weights of the classes, which <see cref="PerImage"/> has multiplied by already: the mean of a batch is then the sum of its losses divided by the sum of its labels' weights,
    /// as PyTorch's <c>weight=</c> does it. Null where every image counts alike. Default null.
    /// </summary>
    [JsonIgnore]
    IReadOnlyList<double>? ClassWeights => null;

    /// <summary>The losses of a batch; the trainer takes their mean.</summary>
    /// <param name="logits">float32 (N, classes).</param>
    /// <param name="labels">int64 (N).</param>
    /// <returns>float32 (N), differentiable by the logits.</returns>
    Tensor PerImage(Tensor logits, Tensor labels);
}

/// <summary>
/// Cross entropy, in nats, with label smoothing (Szegedy et al. 2016, section 7): a fraction of the label's probability is spread evenly over all classes.
/// Classes may have weights, as with PyTorch's <c>weight=</c>. Validation measures it without smoothing and without weights.
/// </summary>
public sealed record CrossEntropy : IHeadLoss
{
    /// <summary>Creates a cross entropy.</summary>
    /// <param name="labelSmoothing">Fraction spread over all classes, in [0, 1). Default 0.</param>
    /// <param name="classWeights">A weight for each class, more than 0; null for none. <see cref="Training.ClassWeights.Balanced"/> computes them.</param>
    /// <exception cref="ArgumentOutOfRangeException">The fraction or a weight is outside its range.</exception>
    public CrossEntropy(double labelSmoothing = 0, IReadOnlyList<double>? classWeights = null)
    {
        LabelSmoothing = Check.BelowOne(labelSmoothing, nameof(LabelSmoothing));
        ClassWeights = Training.ClassWeights.Checked(classWeights);
    }

    /// <summary>Fraction of the label's probability that is spread over all classes.</summary>
    public double LabelSmoothing { get; }

    /// <summary>The weight of each class; null where all count alike.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<double>? ClassWeights { get; }

    IHeadLoss IHeadLoss.ForValidation => LabelSmoothing == 0 && ClassWeights is null ? this : new CrossEntropy();

    /// <inheritdoc/>
    public Tensor PerImage(Tensor logits, Tensor labels)
    {
        using var weight = ClassWeights is null ? null : Training.ClassWeights.On(ClassWeights, logits.device);
        return nn.functional.cross_entropy(logits, labels, weight, reduction: nn.Reduction.None, label_smoothing: LabelSmoothing);
    }

    /// <summary>Whether the other has the same smoothing and the same weights.</summary>
    public bool Equals(CrossEntropy? other) =>
        other is not null && LabelSmoothing == other.LabelSmoothing && (ClassWeights ?? []).SequenceEqual(other.ClassWeights ?? []);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(LabelSmoothing, ClassWeights?.Count);
}

/// <summary>Weights of classes in the loss, for data sets in which some classes have far fewer images than others.</summary>
public static class ClassWeights
{
    /// <summary>
    /// Weights with which every class counts as much as every other: N / (K · n) for a class with n of the N images and K classes, scikit-learn's
    /// <c>class_weight="balanced"</c>. The mean weight of an image is 1.
    /// </summary>
    /// <param name="dataset">The training images.</param>
    /// <returns>A weight for each class, for <see cref="TrainerOptions.ClassWeights"/>.</returns>
    /// <exception cref="ArgumentException">A class has no images.</exception>
    public static IReadOnlyList<double> Balanced(IImageDataset dataset)
    {
        ArgumentNullException.ThrowIfNull(dataset);
        var counts = dataset.HostLabels().CountBy(label => label).ToDictionary();
        return [.. dataset.ClassNames.Select((name, k) => counts.TryGetValue(k, out var count)
            ? dataset.Count / ((double)dataset.ClassNames.Count * count)
            : throw new ArgumentException($"The class '{name}' has no images, so no weight would balance it.", nameof(dataset)))];
    }

    /// <summary>A copy of the weights.</summary>
    /// <exception cref="ArgumentOutOfRangeException">One is not a finite number more than 0.</exception>
    internal static IReadOnlyList<double>? Checked(IReadOnlyList<double>? weights) =>
        weights is null ? null : [.. weights.Select((weight, k) => Check.Positive(weight, $"{nameof(ClassWeights)}[{k}]"))];

    /// <summary>The weights as a tensor (classes), float32, on a device.</summary>
    internal static Tensor On(IReadOnlyList<double> weights, Device device)
    {
        using var host = tensor([.. weights.Select(weight => (float)weight)]);
        return host.SentTo(device).alias();
    }
}
