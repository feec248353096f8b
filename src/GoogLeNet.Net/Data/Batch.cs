using static TorchSharp.torch;

namespace Inception.Data;

/// <summary>A batch ready for the network.</summary>
/// <param name="Images">float32 (N, C, H, W), channels last in memory.</param>
/// <param name="Labels">int64 (N).</param>
public readonly record struct Batch(Tensor Images, Tensor Labels) : IDisposable
{
    /// <summary>With mixup, the label of the partner that each image is blended with, int64 (N); null without.</summary>
    public Tensor? MixedLabels { get; init; }

    /// <summary>With mixup, the weight λ of each image and its own label, float32 (N) in [0, 1]; its partner has 1 − λ. Null without.</summary>
    public Tensor? Lambda { get; init; }

    /// <summary>Disposes its tensors; not needed where a dispose scope owns them.</summary>
    public void Dispose()
    {
        Images.Dispose();
        Labels.Dispose();
        MixedLabels?.Dispose();
        Lambda?.Dispose();
    }

    /// <summary>The batch with each tensor replaced by <paramref name="change"/> of it.</summary>
    internal Batch Map(Func<Tensor, Tensor> change) => new(change(Images), change(Labels))
    {
        MixedLabels = MixedLabels is null ? null : change(MixedLabels),
        Lambda = Lambda is null ? null : change(Lambda),
    };
}
