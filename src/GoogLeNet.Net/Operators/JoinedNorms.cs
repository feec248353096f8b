using System.Runtime.InteropServices;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Inception.Operators;

/// <summary>Batch norms side by side on the channels of one tensor: the first one's channels, then the second one's, and so on.</summary>
/// <param name="Norms">At least one, all with the first one's epsilon, momentum and mode.</param>
internal sealed record JoinedNorms(IReadOnlyList<BatchNorm2d> Norms)
{
    /// <summary>Added to the variances.</summary>
    public double Epsilon => Norms[0].eps;

    /// <summary>Whether they use the batch's statistics.</summary>
    public bool IsTraining => Norms[0].training;

    /// <summary>One tensor of all norms, (C).</summary>
    public Tensor Join(Func<BatchNorm2d, Tensor> part) => Norms.Count == 1 ? part(Norms[0]) : cat([.. Norms.Select(part)]);

    /// <summary>The values of a float32 tensor of all norms, (C).</summary>
    public float[] Values(Func<BatchNorm2d, Tensor> part)
    {
        if (Norms.Count == 1)
        {
            return Numbers(part(Norms[0])).ToArray();
        }

        var joined = new List<float>();
        foreach (var norm in Norms)
        {
            joined.AddRange(Numbers(part(norm)));
        }

        return [.. joined];
    }

    /// <summary>Each norm's part of (C).</summary>
    public Tensor[] Split(Tensor joined) => Norms.Count == 1 ? [joined] : joined.split([.. Norms.Select(norm => norm.weight.shape[0])]);

    /// <summary>Updates the running statistics as libtorch does, the variance with the unbiased one.</summary>
    /// <param name="mean">The batch's, (C).</param>
    /// <param name="variance">The batch's, (C), divided by the number of pixels.</param>
    /// <param name="pixels">N · H · W, at least 2.</param>
    public void UpdateRunningStatistics(double[] mean, double[] variance, long pixels)
    {
        var channel = 0;
        foreach (var norm in Norms)
        {
            var means = Numbers(norm.running_mean!);
            var variances = Numbers(norm.running_var!);
            var momentum = norm.momentum!.Value;
            for (var i = 0; i < means.Length; i++, channel++)
            {
                means[i] = (float)(((1 - momentum) * means[i]) + (momentum * mean[channel]));
                variances[i] = (float)(((1 - momentum) * variances[i]) + (momentum * variance[channel] * pixels / (pixels - 1)));
            }

            norm.num_batches_tracked!.add_(1);
        }
    }

    private static Span<float> Numbers(Tensor tensor) => MemoryMarshal.Cast<byte, float>(tensor.bytes);
}
