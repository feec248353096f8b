using System.Runtime.InteropServices;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Inception.Kernels;

/// <summary>Layers that normalise the channels of one tensor: the first layer the first channels, and so on.</summary>
/// <param name="Layers">At least one, all with the first one's epsilon.</param>
/// <param name="Relu">Whether ReLU follows.</param>
internal sealed record NormalizedLayers(BatchNorm2d[] Layers, bool Relu)
{
    /// <summary>What is added to the variances.</summary>
    public double Epsilon => Layers[0].eps;

    /// <summary>A float32 tensor of each layer, one behind the other.</summary>
    public float[] Joined(Func<BatchNorm2d, Tensor> part)
    {
        if (Layers.Length == 1)
        {
            return Numbers(part(Layers[0])).ToArray();
        }

        var joined = new List<float>();
        foreach (var layer in Layers)
        {
            joined.AddRange(Numbers(part(layer)));
        }

        return [.. joined];
    }

    /// <summary>Each layer's part of (C).</summary>
    public Tensor[] Split(Tensor joined) => Layers.Length == 1 ? [joined] : joined.split([.. Layers.Select(layer => layer.weight.shape[0])]);

    /// <summary>Brings the running statistics up to date as libtorch does: what is kept of the variance is the estimate for the population.</summary>
    /// <param name="mean">The batch's, (C).</param>
    /// <param name="variance">The batch's, (C), divided by the number of pixels.</param>
    /// <param name="pixels">N · H · W, at least 2.</param>
    public void UpdateRunningStatistics(double[] mean, double[] variance, int pixels)
    {
        var channel = 0;
        foreach (var layer in Layers)
        {
            var means = Numbers(layer.running_mean!);
            var variances = Numbers(layer.running_var!);
            var momentum = layer.momentum!.Value;
            for (var i = 0; i < means.Length; i++, channel++)
            {
                means[i] = (float)(((1 - momentum) * means[i]) + (momentum * mean[channel]));
                variances[i] = (float)(((1 - momentum) * variances[i]) + (momentum * variance[channel] * pixels / (pixels - 1)));
            }

            layer.num_batches_tracked!.add_(1);
        }
    }

    private static Span<float> Numbers(Tensor tensor) => MemoryMarshal.Cast<byte, float>(tensor.bytes);
}
