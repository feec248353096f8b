using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Inception.Graph;

/// <summary>Filters and biases of a convolution or a fully connected layer.</summary>
/// <param name="Weight">(K, C, kernel, kernel).</param>
/// <param name="Bias">(K).</param>
/// <param name="Kernel">Height and width of a filter.</param>
internal readonly record struct ConvWeights(float[] Weight, float[] Bias, int Kernel);

/// <summary>The weights of a network by state key, with batch normalization folded into the convolutions.</summary>
/// <param name="tensors">By state key; all that the network has.</param>
/// <param name="blocks">What the network's blocks share.</param>
internal sealed class FoldedWeights(IReadOnlyDictionary<string, SafeTensor> tensors, BlockOptions blocks)
{
    /// <summary>A convolution with its batch normalization: weight w · γ / √(σ² + ε), bias β − μ · γ / √(σ² + ε).</summary>
    /// <param name="key">The block's state key.</param>
    public ConvWeights Conv(string key)
    {
        var weight = tensors[$"{key}.conv.weight"];
        var values = Values(weight);
        if (blocks.Normalization == Normalization.None)
        {
            return new(values, Values($"{key}.conv.bias"), (int)weight.Shape[2]);
        }

        var (gamma, beta, mean, variance) = (Values($"{key}.bn.weight"), Values($"{key}.bn.bias"), Values($"{key}.bn.running_mean"), Values($"{key}.bn.running_var"));
        var bias = new float[gamma.Length];
        var size = values.Length / gamma.Length;
        for (var k = 0; k < gamma.Length; k++)
        {
            // In doubles, so that each number is rounded once.
            var scale = gamma[k] / Math.Sqrt(variance[k] + blocks.BatchNormEpsilon);
            bias[k] = (float)(beta[k] - (mean[k] * scale));
            foreach (ref var value in values.AsSpan(k * size, size))
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
        return new(Values(weight), new float[weight.Shape[0]], (int)weight.Shape[2]);
    }

    /// <summary>A fully connected layer over a map of a given height and width.</summary>
    public ConvWeights Linear(string key, int size = 1) => new(Values($"{key}.weight"), Values($"{key}.bias"), size);

    /// <summary>A tensor's numbers.</summary>
    /// <exception cref="NotSupportedException">They are not floating point.</exception>
    public static float[] Values(SafeTensor tensor)
    {
        var data = tensor.Data.Span;
        var values = new float[data.Length / tensor.Type.Size()];
        switch (tensor.Type)
        {
            case SafeTensorsType.F32:
                MemoryMarshal.Cast<byte, float>(data).CopyTo(values);
                return values;
            case SafeTensorsType.F64:
                return Fill(values, data, 8, number => (float)BinaryPrimitives.ReadDoubleLittleEndian(number));
            case SafeTensorsType.F16:
                return Fill(values, data, 2, number => (float)BinaryPrimitives.ReadHalfLittleEndian(number));
            case SafeTensorsType.BF16:
                return Fill(values, data, 2, number => BitConverter.UInt32BitsToSingle((uint)BinaryPrimitives.ReadUInt16LittleEndian(number) << 16));
            default:
                throw new NotSupportedException($"Weights of type {tensor.Type} ('{tensor.Name}') are not supported; they must be floating point.");
        }
    }

    private float[] Values(string key) => Values(tensors[key]);

    private static float[] Fill(float[] values, ReadOnlySpan<byte> data, int size, Func<ReadOnlySpan<byte>, float> read)
    {
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = read(data.Slice(i * size, size));
        }

        return values;
    }
}
