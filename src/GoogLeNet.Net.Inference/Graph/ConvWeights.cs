using Inception.Kernels;

namespace Inception.Graph;

/// <summary>Filters and biases of a convolution or a fully connected layer.</summary>
/// <param name="Weight">(K, C, kernel, kernel).</param>
/// <param name="Bias">(K).</param>
/// <param name="Kernel">Height and width of a filter.</param>
internal sealed record ConvWeights(float[] Weight, float[] Bias, int Kernel)
{
    /// <summary>K.</summary>
    public int Outputs => Bias.Length;

    /// <summary>C.</summary>
    public int Inputs => Weight.Length / Outputs / Kernel / Kernel;

    /// <summary>Packs the filters of convolutions that read the same input, a group for each.</summary>
    public static PackedFilters Pack(params ConvWeights[] weights) => weights is [var alone]
        ? new(alone.Weight, alone.Bias, alone.Inputs, alone.Kernel, [alone.Outputs])
        : new(
            [.. weights.SelectMany(each => each.Weight)], [.. weights.SelectMany(each => each.Bias)], weights[0].Inputs, weights[0].Kernel,
            [.. weights.Select(each => each.Outputs)]);
}
