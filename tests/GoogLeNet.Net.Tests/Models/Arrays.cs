using static TorchSharp.torch;
using Layout = Inception.ChannelsLast;

namespace Inception.Tests;

/// <summary>Tensors to and from arrays, and reproducible test data.</summary>
internal static class Arrays
{
    /// <summary>All values of a float32 tensor in row-major order.</summary>
    public static float[] Floats(this Tensor tensor)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        return tensor.detach().cpu().contiguous().data<float>().ToArray();
    }

    public static long[] Longs(this Tensor tensor)
    {
        using var scope = NewDisposeScope();
        return tensor.cpu().contiguous().data<long>().ToArray();
    }

    /// <summary>Values (N, C, H, W) as doubles.</summary>
    public static double[,,,] Grid(this Tensor tensor)
    {
        var s = tensor.shape;
        var values = tensor.Floats();
        var grid = new double[s[0], s[1], s[2], s[3]];
        Buffer.BlockCopy(values.Select(value => (double)value).ToArray(), 0, grid, 0, values.Length * sizeof(double));
        return grid;
    }

    public static double[] Flat(this double[,,,] grid) => [.. grid.Cast<double>()];

    /// <summary>Values between −1 and 1 from a linear congruential generator, the same everywhere.</summary>
    public static float[] Noise(int count, int seed)
    {
        var state = (uint)seed * 2654435761u + 12345u;
        var values = new float[count];
        for (var i = 0; i < count; i++)
        {
            state = (state * 1664525u) + 1013904223u;
            values[i] = ((state >> 8) / (float)(1 << 23)) - 1;
        }

        return values;
    }

    /// <summary>The same numbers (N, C, H, W), their channels last in memory.</summary>
    public static Tensor ChannelsLast(Tensor images) => Layout.Images(Layout.Pixels(images));

    public static Tensor NoiseTensor(int seed, params long[] shape) =>
        tensor(Noise((int)shape.Aggregate(1L, (product, size) => product * size), seed), shape);

    /// <summary>The largest difference, relative to the largest expected value.</summary>
    public static double RelativeError(IReadOnlyList<float> actual, IReadOnlyList<double> expected)
    {
        if (actual.Count != expected.Count)
        {
            return double.PositiveInfinity;
        }

        var scale = Math.Max(expected.Max(Math.Abs), 1e-30);
        return actual.Zip(expected, (a, e) => Math.Abs(a - e)).Max() / scale;
    }
}
