using System.Runtime.InteropServices;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Inception;

/// <summary>Draws weights as a function of (seed, key, element) alone: the same on any machine and device.</summary>
internal static class WeightInitialization
{
    /// <summary>Fills every convolution and fully connected layer below <paramref name="root"/>; keys are relative to it.</summary>
    public static void Apply(nn.Module root, BlockOptions options, int seed)
    {
        var initializer = options.Weights;
        foreach (var (key, module) in root.named_modules())
        {
            switch (module)
            {
                case Whitening whitening:
                    whitening.Initialize(filters => FillWeight(filters, initializer, seed, key));
                    break;
                case ConvBnRelu block:
                    FillWeight(block.Conv.weight, initializer, seed, key, options.IdentityFilters);
                    Fill(block.Conv.bias, block.InitialBias);
                    break;
                case Linear linear:
                    FillWeight(linear.weight, initializer, seed, key);
                    Fill(linear.bias, 0);
                    break;
            }
        }

        foreach (var head in root.modules().Prepend(root).OfType<AuxiliaryClassifier>())
        {
            Fill(head.HiddenBias, head.Spec.Bias);
        }
    }

    /// <summary>Half-width of a uniform initializer's distribution for a weight of this shape: (out, in) or (out, in, kH, kW).</summary>
    internal static double Bound(WeightInitializer initializer, ReadOnlySpan<long> shape)
    {
        var area = 1L;
        foreach (var size in shape[2..])
        {
            area *= size;
        }

        double fanIn = shape[1] * area, fanOut = shape[0] * area;
        return initializer switch
        {
            WeightInitializer.GlorotUniform => Math.Sqrt(6 / (fanIn + fanOut)),
            WeightInitializer.CaffeXavier => Math.Sqrt(3 / fanIn),
            WeightInitializer.HeUniform => Math.Sqrt(6 / fanIn),
            _ => throw new ArgumentOutOfRangeException(nameof(initializer), initializer, "Unknown initializer."),
        };
    }

    private static void FillWeight(Tensor weight, WeightInitializer initializer, int seed, string key, bool startsWithIdentity = false)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        var drawn = empty(weight.shape, ScalarType.Float32);
#pragma warning disable RS0030 // Weights are drawn into the host's memory.
        var values = MemoryMarshal.Cast<byte, float>(drawn.bytes);
#pragma warning restore RS0030
        var random = new CounterRandom(seed, key);
        if (initializer == WeightInitializer.TruncatedNormal)
        {
            FillTruncatedNormal(values, random);
        }
        else
        {
            FillUniform(values, random, Bound(initializer, weight.shape));
        }

        if (startsWithIdentity && weight.shape[2] > 1)
        {
            FillIdentity(values, weight.shape);
        }

        weight.copy_(drawn);
    }

    private static void FillUniform(Span<float> values, CounterRandom random, double bound)
    {
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = (float)(((2 * random.Uniform(i)) - 1) * bound);
        }
    }

    // Filter i reads input i at the kernel's center and nothing else. Shape (out, in, k, k).
    private static void FillIdentity(Span<float> values, ReadOnlySpan<long> shape)
    {
        int area = (int)(shape[2] * shape[3]), filter = (int)shape[1] * area, count = (int)Math.Min(shape[0], shape[1]);
        values[..(count * filter)].Clear();
        for (var i = 0; i < count; i++)
        {
            values[(i * filter) + (i * area) + (area / 2)] = 1;
        }
    }

    private static void FillTruncatedNormal(Span<float> values, CounterRandom random)
    {
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = (float)(TruncatedNormal.Deviation * TruncatedNormal.Draw(random.Bits(i)));
        }
    }

    private static void Fill(Tensor? bias, double value)
    {
        if (bias is not null)
        {
            using var frozen = no_grad();
            bias.Fill_(value);
        }
    }
}
