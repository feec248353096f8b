using Inception.Data;
using static TorchSharp.torch;

namespace Inception.Tests.Transforms;

/// <summary>Reproducible uint8 images and how to run one transform on them.</summary>
internal static class Images
{
    public static byte[] Bytes(int count, int seed) => [.. Arrays.Noise(count, seed).Select(value => (byte)Math.Clamp((value + 1) * 128, 0, 255))];

    public static Tensor Batch(int seed, params long[] shape) =>
        tensor(Bytes((int)shape.Aggregate(1L, (product, size) => product * size), seed), shape);

    public static BatchContext Context(int count, int seed = 1, int epoch = 0) => new(seed, epoch, [.. Enumerable.Range(0, count).Select(i => (long)i)]);

    /// <summary>Values as float32 whatever the type.</summary>
    public static float[] Values(this Tensor images)
    {
        using var floats = images.to(ScalarType.Float32);
        return floats.Floats();
    }
}
