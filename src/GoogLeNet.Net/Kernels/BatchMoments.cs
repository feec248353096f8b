namespace Inception.Kernels;

/// <summary>Mean and deviation of each channel of a batch, and what normalisation by them does forwards and backwards.</summary>
internal sealed class BatchMoments
{
    private readonly double[] mean;
    private readonly double[] inverse;

    /// <summary>The moments of a batch, with the layers' parameters as they are now.</summary>
    /// <param name="layers">The layers.</param>
    /// <param name="pixels">N · H · W.</param>
    /// <param name="mean">(C).</param>
    /// <param name="variance">(C), divided by the number of pixels.</param>
    public BatchMoments(NormalizedLayers layers, int pixels, double[] mean, double[] variance)
    {
        (Layers, Pixels, this.mean) = (layers, pixels, mean);
        inverse = Array.ConvertAll(variance, value => 1 / Math.Sqrt(value + layers.Epsilon));
        Mean = Array.ConvertAll(mean, value => (float)value);
        var (scale, shift) = (layers.Joined(layer => layer.weight), layers.Joined(layer => layer.bias!));
        for (var i = 0; i < scale.Length; i++)
        {
            scale[i] = (float)(scale[i] * inverse[i]);
            shift[i] = (float)(shift[i] - (mean[i] * scale[i]));
        }

        Lines = new(scale, shift, layers.Relu);
    }

    /// <summary>What the channels belong to.</summary>
    public NormalizedLayers Layers { get; }

    /// <summary>N · H · W.</summary>
    public int Pixels { get; }

    /// <summary>(C).</summary>
    public float[] Mean { get; }

    /// <summary>What the layers make of each channel's numbers.</summary>
    public NormalizationKernel.Lines Lines { get; }

    /// <summary>
    /// Mean and deviation depend on the input too; what that adds to its gradient is input · slope + level (Ioffe and Szegedy 2015, section 3).
    /// </summary>
    /// <param name="sums">For each channel the sum of the gradients.</param>
    /// <param name="products">For each channel the sum of gradient · (input − mean).</param>
    public (float[] Slope, float[] Level) Correction(double[] sums, double[] products)
    {
        var (slope, level) = (new float[mean.Length], new float[mean.Length]);
        for (var i = 0; i < mean.Length; i++)
        {
            var tilt = -Lines.Scale[i] * inverse[i] * inverse[i] * products[i] / Pixels;
            slope[i] = (float)tilt;
            level[i] = (float)((-Lines.Scale[i] * sums[i] / Pixels) - (tilt * mean[i]));
        }

        return (slope, level);
    }

    /// <summary>The weights' gradients, (C).</summary>
    public float[] OfWeights(double[] products) => [.. products.Zip(inverse, (product, factor) => (float)(product * factor))];
}
