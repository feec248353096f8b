using System.Text.Json.Serialization;
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

    /// <summary>The losses of a batch; the trainer takes their mean.</summary>
    /// <param name="logits">float32 (N, classes).</param>
    /// <param name="labels">int64 (N).</param>
    /// <returns>float32 (N), differentiable by the logits.</returns>
    Tensor PerImage(Tensor logits, Tensor labels);
}

/// <summary>
/// Cross entropy, in nats, with label smoothing (Szegedy et al. 2016, section 7): a fraction of the label's probability is spread evenly over all classes.
/// Validation measures it without smoothing.
/// </summary>
public sealed record CrossEntropy : IHeadLoss
{
    /// <summary>Creates a cross entropy.</summary>
    /// <param name="labelSmoothing">Fraction spread over all classes, in [0, 1). Default 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">The fraction is outside its range.</exception>
    public CrossEntropy(double labelSmoothing = 0) => LabelSmoothing = Check.BelowOne(labelSmoothing, nameof(LabelSmoothing));

    /// <summary>Fraction of the label's probability that is spread over all classes.</summary>
    public double LabelSmoothing { get; }

    IHeadLoss IHeadLoss.ForValidation => LabelSmoothing == 0 ? this : new CrossEntropy();

    /// <inheritdoc/>
    public Tensor PerImage(Tensor logits, Tensor labels) =>
        nn.functional.cross_entropy(logits, labels, reduction: nn.Reduction.None, label_smoothing: LabelSmoothing);
}
