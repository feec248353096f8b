using static TorchSharp.torch;

namespace Inception.Data;

/// <summary>A batch ready for the network.</summary>
/// <param name="images">float32 (N, C, H, W), channels last in memory.</param>
/// <param name="labels">int64 (N).</param>
public sealed class Batch(Tensor images, Tensor labels) : IDisposable
{
    /// <summary>float32 (N, C, H, W), channels last in memory.</summary>
    public Tensor Images { get; } = images;

    /// <summary>int64 (N).</summary>
    public Tensor Labels { get; } = labels;

    /// <summary>With mixup, the label of the partner that each image is blended with, int64 (N); null without.</summary>
    public Tensor? MixedLabels { get; init; }

    /// <summary>With mixup, the weight λ of each image and its own label, float32 (N) in [0, 1]; its partner has 1 − λ. Null without.</summary>
    public Tensor? Lambda { get; init; }

    /// <summary>Splits the batch: <c>var (images, labels) = batch</c>.</summary>
    public void Deconstruct(out Tensor images, out Tensor labels) => (images, labels) = (Images, Labels);

    /// <summary>Disposes its tensors; not needed where a dispose scope owns them.</summary>
    public void Dispose()
    {
        Images.Dispose();
        Labels.Dispose();
        MixedLabels?.Dispose();
        Lambda?.Dispose();
    }

    /// <summary>The same labels with other images.</summary>
    internal Batch WithImages(Tensor images) => new(images, Labels) { MixedLabels = MixedLabels, Lambda = Lambda };

    /// <summary>The batch with each tensor replaced by <paramref name="change"/> of it.</summary>
    internal Batch Map(Func<Tensor, Tensor> change) => new(change(Images), change(Labels))
    {
        MixedLabels = MixedLabels is null ? null : change(MixedLabels),
        Lambda = Lambda is null ? null : change(Lambda),
    };
}
