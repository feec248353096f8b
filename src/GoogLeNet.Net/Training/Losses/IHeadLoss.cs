using System.Text.Json.Serialization;
using static TorchSharp.torch;

namespace Inception.Training;

/// <summary>The loss of one head, image by image. A loss of one's own is a record that implements this.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "loss")]
[JsonDerivedType(typeof(CrossEntropy), "crossEntropy")]
public interface IHeadLoss
{
    /// <summary>The loss that validation measures; the same one unless a loss says otherwise.</summary>
    [JsonIgnore]
    IHeadLoss ForValidation => this;

    /// <summary>The losses of a batch; the trainer takes their mean.</summary>
    /// <param name="logits">float32 (N, classes).</param>
    /// <param name="labels">int64 (N).</param>
    /// <returns>float32 (N), differentiable by the logits.</returns>
    Tensor PerImage(Tensor logits, Tensor labels);
}
