using static TorchSharp.torch;

namespace Inception.Tests.Evidence.TorchVision;

/// <summary>Weights and images as a function of (key, index), the same here and in generate.py.</summary>
internal static class ClosedForm
{
    /// <summary>Values in [−1, 1): 24 bits of MurmurHash3's mix of the key's FNV-1a hash and the index.</summary>
    public static float[] Noise(string key, long count)
    {
        var seed = key.Aggregate(2166136261u, (hash, letter) => (hash ^ letter) * 16777619u);
        var values = new float[count];
        for (var i = 0; i < values.Length; i++)
        {
            var z = ((uint)i * 2654435761u) + seed;
            z = (z ^ (z >> 16)) * 0x85EBCA6Bu;
            z = (z ^ (z >> 13)) * 0xC2B2AE35u;
            z ^= z >> 16;
            values[i] = ((z >> 8) / (float)(1 << 23)) - 1;
        }

        return values;
    }

    /// <summary>Gives every parameter and every running statistic of a network the values of its key.</summary>
    public static void Fill(nn.Module network)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        foreach (var (key, parameter) in network.named_parameters())
        {
            parameter.copy_(tensor(Values(key, parameter.shape), parameter.shape));
        }

        foreach (var (key, buffer) in network.named_buffers().Where(named => named.buffer.ndim > 0))
        {
            buffer.copy_(tensor(Values(key, buffer.shape), buffer.shape));
        }
    }

    // Why these scales: see generate.py.
    private static float[] Values(string key, long[] shape)
    {
        var (center, scale) = shape.Length > 1 ? (0, Math.Sqrt(6.0 / Product(shape[1..])))
            : key.EndsWith("bn.bias") ? (1, 1)
            : key.EndsWith("bn.weight") || key.EndsWith("running_var") ? (1, 0.25)
            : (0, 0.25);
        return [.. Noise(key, Product(shape)).Select(value => (float)(center + (scale * value)))];
    }

    private static long Product(long[] shape) => shape.Aggregate(1L, (product, size) => product * size);
}
