namespace Inception.Kernels;

/// <summary>Mean and variance of each channel of a batch, and what batch normalization makes of them forwards and backwards.</summary>
internal sealed class BatchStatistics
{
    private readonly double[] mean;
    private readonly double[] inverseDeviation;

    /// <summary>The statistics of a batch, with the parameters as they are now.</summary>
    /// <param name="mean">(C).</param>
    /// <param name="variance">(C), divided by the number of pixels.</param>
    /// <param name="pixels">N · H · W.</param>
    /// <param name="weight">γ, (C); it is overwritten.</param>
    /// <param name="bias">β, (C); it is overwritten.</param>
    /// <param name="epsilon">Added to the variance.</param>
    /// <param name="relu">Whether ReLU follows.</param>
    public BatchStatistics(double[] mean, double[] variance, long pixels, float[] weight, float[] bias, double epsilon, bool relu)
    {
        (this.mean, Pixels) = (mean, pixels);
        inverseDeviation = Array.ConvertAll(variance, value => 1 / Math.Sqrt(value + epsilon));
        Mean = Array.ConvertAll(mean, value => (float)value);
        for (var i = 0; i < weight.Length; i++)
        {
            weight[i] = (float)(weight[i] * inverseDeviation[i]);
            bias[i] = (float)(bias[i] - (mean[i] * weight[i]));
        }

        Normalization = new(weight, bias, relu);
    }

    /// <summary>N · H · W.</summary>
    public long Pixels { get; }

    /// <summary>(C).</summary>
    public float[] Mean { get; }

    /// <summary>What becomes of each channel's numbers.</summary>
    public ScaleShift Normalization { get; }

    /// <summary>
    /// Mean and variance depend on the input, too. What that adds to its gradient is input · perInput + constant (Ioffe and Szegedy 2015, section 3).
    /// </summary>
    /// <param name="sums">For each channel the sum of the gradients.</param>
    /// <param name="products">For each channel the sum of gradient · (input − mean).</param>
    public (float[] PerInput, float[] Constant) InputGradientTerms(double[] sums, double[] products)
    {
        var (perInput, constant) = (new float[mean.Length], new float[mean.Length]);
        for (var i = 0; i < mean.Length; i++)
        {
            var scale = Normalization.Scale[i];
            var slope = -scale * inverseDeviation[i] * inverseDeviation[i] * products[i] / Pixels;
            perInput[i] = (float)slope;
            constant[i] = (float)((-scale * sums[i] / Pixels) - (slope * mean[i]));
        }

        return (perInput, constant);
    }

    /// <summary>The gradient of γ, (C).</summary>
    /// <param name="products">For each channel the sum of gradient · (input − mean).</param>
    public float[] WeightGradient(double[] products) => [.. products.Zip(inverseDeviation, (product, factor) => (float)(product * factor))];
}
