using Inception.Data;
using static TorchSharp.torch;

namespace Inception.Tests.Evidence.Tutorial;

/// <summary>Weights, images and labels as functions of (key, index) in the state's own order: the same numbers as in generate.mjs.</summary>
internal static class ClosedForm
{
    public const int Classes = 10;

    /// <summary>In [−1, 1) in steps of 2⁻²³.</summary>
    public static double Signed(string key, int index) => ((Hash(key, index) >> 8) / (double)(1 << 23)) - 1;

    /// <summary>Weights uniform within √(4.5 / fan in), biases within 0.1.</summary>
    public static void Fill(nn.Module model)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        foreach (var (key, parameter) in model.named_parameters())
        {
            var shape = parameter.shape;
            var bound = shape.Length == 1 ? 0.1 : Math.Sqrt(4.5 / shape.Skip(1).Aggregate(1L, (product, axis) => product * axis));
            var values = new float[parameter.numel()];
            for (var i = 0; i < values.Length; i++)
            {
                values[i] = (float)(bound * Signed(key, i));
            }

            parameter.copy_(tensor(values, shape));
        }
    }

    /// <summary>Half a grid of 16×16 cells, half noise: images that differ at every scale.</summary>
    public static TensorDataset Images(int count, int size)
    {
        var pixels = new byte[count * 3 * size * size];
        for (var i = 0; i < pixels.Length; i++)
        {
            int plane = i / (size * size), y = i / size % size, x = i % size;
            var cell = (((plane * 256) + (y >> 4)) * 256) + (x >> 4);
            pixels[i] = (byte)((Hash("cells", cell) >> 25) + (Hash("noise", i) >> 25));
        }

        var labels = Enumerable.Range(0, count).Select(n => ((7L * n) + 3) % Classes).ToArray();
        return new TensorDataset(tensor(pixels, [count, 3, size, size]), tensor(labels), [.. Enumerable.Range(0, Classes).Select(k => $"{k}")]);
    }

    // 32-bit FNV-1a of the key, then MurmurHash3's finalizer over the index.
    private static uint Hash(string key, int index)
    {
        var h = 0x811c9dc5;
        foreach (var character in key)
        {
            h = (h ^ character) * 0x01000193;
        }

        h ^= (uint)(index + 1) * 0x9e3779b9;
        h = (h ^ (h >> 16)) * 0x85ebca6b;
        h = (h ^ (h >> 13)) * 0xc2b2ae35;
        return h ^ (h >> 16);
    }
}
