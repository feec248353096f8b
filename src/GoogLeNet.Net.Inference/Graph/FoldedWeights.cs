using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Inception.Graph;

/// <summary>Filters and biases of a convolution or a fully connected layer, valid until the next are asked for.</summary>
/// <param name="weight">(K, C, kernel, kernel).</param>
/// <param name="bias">(K).</param>
/// <param name="kernel">Height and width of a filter.</param>
internal readonly ref struct ConvWeights(ReadOnlySpan<float> weight, float[] bias, int kernel)
{
    /// <summary>(K, C, kernel, kernel).</summary>
    public ReadOnlySpan<float> Weight { get; } = weight;

    /// <summary>(K).</summary>
    public float[] Bias { get; } = bias;

    /// <summary>Height and width of a filter.</summary>
    public int Kernel { get; } = kernel;
}

/// <summary>The weights of a network by state key, with batch normalization folded into the convolutions.</summary>
/// <param name="tensors">By state key; all that the network has.</param>
/// <param name="blocks">What the network's blocks share.</param>
internal sealed class FoldedWeights(IReadOnlyDictionary<string, SafeTensor> tensors, BlockOptions blocks)
{
    // Of the filters of one layer.
    private float[] buffer = [];

    /// <summary>A convolution with its batch normalization: weight w · γ / √(σ² + ε), bias β − μ · γ / √(σ² + ε).</summary>
    /// <param name="key">The block's state key.</param>
    public ConvWeights Conv(string key)
    {
        var weight = tensors[$"{key}.conv.weight"];
        if (blocks.Normalization == Normalization.None)
        {
            return new(Filters(weight), Values($"{key}.conv.bias"), (int)weight.Shape[2]);
        }

        var (gamma, beta, mean, variance) = (Values($"{key}.bn.weight"), Values($"{key}.bn.bias"), Values($"{key}.bn.running_mean"), Values($"{key}.bn.running_var"));
        var bias = new float[gamma.Length];
        var values = Filters(weight);
        var size = values.Length / gamma.Length;
        for (var k = 0; k < gamma.Length; k++)
        {
            // In doubles, so that each number is rounded once.
            var scale = gamma[k] / Math.Sqrt(variance[k] + blocks.BatchNormEpsilon);
            bias[k] = (float)(beta[k] - (mean[k] * scale));
            foreach (ref var value in values.Slice(k * size, size))
            {
                value = (float)(value * scale);
            }
        }

        return new(values, bias, (int)weight.Shape[2]);
    }

    /// <summary>The frozen convolution of a whitening.</summary>
    public ConvWeights Whitening(string key)
    {
        var weight = tensors[$"{key}.weight"];
        return new(Filters(weight), new float[weight.Shape[0]], (int)weight.Shape[2]);
    }

    /// <summary>A fully connected layer over a map of a given height and width.</summary>
    public ConvWeights Linear(string key, int size = 1) => new(Filters(tensors[$"{key}.weight"]), Values($"{key}.bias"), size);

    /// <summary>A tensor's numbers.</summary>
    /// <exception cref="NotSupportedException">They are not floating point.</exception>
    public static float[] Values(SafeTensor tensor)
    {
        var values = new float[tensor.Count];
        Read(tensor, values);
        return values;
    }

    private static void Read(SafeTensor tensor, Span<float> values)
    {
        switch (tensor.Type)
        {
            case SafeTensorsType.F32:
                tensor.CopyTo(MemoryMarshal.AsBytes(values));
                break;
            case SafeTensorsType.F64:
                Fill(values, tensor.Data.Span, 8, number => (float)BinaryPrimitives.ReadDoubleLittleEndian(number));
                break;
            case SafeTensorsType.F16:
                Fill(values, tensor.Data.Span, 2, number => (float)BinaryPrimitives.ReadHalfLittleEndian(number));
                break;
            case SafeTensorsType.BF16:
                Fill(values, tensor.Data.Span, 2, number => BitConverter.UInt32BitsToSingle((uint)BinaryPrimitives.ReadUInt16LittleEndian(number) << 16));
                break;
            default:
                throw new NotSupportedException($"Weights of type {tensor.Type} ('{tensor.Name}') are not supported; they must be floating point.");
        }
    }

    private static void Fill(Span<float> values, ReadOnlySpan<byte> data, int size, Func<ReadOnlySpan<byte>, float> read)
    {
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = read(data.Slice(i * size, size));
        }
    }

    private float[] Values(string key) => Values(tensors[key]);

    private Span<float> Filters(SafeTensor tensor)
    {
        if (buffer.Length < tensor.Count)
        {
            buffer = new float[tensor.Count];
        }

        var values = buffer.AsSpan(0, tensor.Count);
        Read(tensor, values);
        return values;
    }
}
