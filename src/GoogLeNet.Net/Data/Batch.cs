using static TorchSharp.torch;

namespace Inception.Data;

/// <summary>A batch ready for the network.</summary>
/// <param name="Images">float32 (N, C, H, W), channels last in memory.</param>
/// <param name="Labels">int64 (N).</param>
public readonly record struct Batch(Tensor Images, Tensor Labels) : IDisposable
{
    /// <summary>With mixup: the label of the image that each one is blended with, int64 (N); null without.</summary>
    public Tensor? PartnerLabels { get; init; }

    /// <summary>With mixup: the share of the image itself, float32 (N) in [0, 1], where 1 − share is the partner's; null without.</summary>
    public Tensor? Shares { get; init; }

    /// <summary>Disposes its tensors; not needed where a dispose scope owns them.</summary>
    public void Dispose()
    {
        Images.Dispose();
        Labels.Dispose();
        PartnerLabels?.Dispose();
        Shares?.Dispose();
    }

    /// <summary>The batch of what <paramref name="change"/> makes of each tensor.</summary>
    internal Batch Map(Func<Tensor, Tensor> change) => new(change(Images), change(Labels))
    {
        PartnerLabels = PartnerLabels is null ? null : change(PartnerLabels),
        Shares = Shares is null ? null : change(Shares),
    };
}
