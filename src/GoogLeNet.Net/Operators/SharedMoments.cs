namespace Inception.Operators;

/// <summary>Batch normalization's statistics over the processes that share a batch; without them, those of the images alone.</summary>
/// <param name="pass">The pass that the images are part of; null for images alone.</param>
internal sealed class SharedMoments(TrainingPass? pass)
{
    /// <summary>Turns the moments of the images into those of the whole batch, in place.</summary>
    /// <param name="mean">(C).</param>
    /// <param name="variance">(C), divided by the number of pixels.</param>
    /// <param name="pixels">N · H · W of the images.</param>
    /// <returns>N · H · W of the whole batch.</returns>
    /// <exception cref="InvalidOperationException">The whole batch is one pixel.</exception>
    public long Sum(double[] mean, double[] variance, long pixels)
    {
        if (pass?.SumOverProcesses is not { } sumOverProcesses)
        {
            return pixels;
        }

        var channels = mean.Length;
        var sums = new double[(2 * channels) + 1];
        if (pass.IsCounted)
        {
            for (var i = 0; i < channels; i++)
            {
                sums[i] = pixels * mean[i];
                sums[channels + i] = pixels * (variance[i] + (mean[i] * mean[i]));
            }

            sums[^1] = pixels;
        }

        sumOverProcesses(sums);
        var all = sums[^1];
        if (all < 2)
        {
            throw new InvalidOperationException("In training a batch normalization got a batch of one image and one pixel over all processes: one value for each channel has no variance. Batches need two images at least, the last one of an epoch too.");
        }

        for (var i = 0; i < channels; i++)
        {
            mean[i] = sums[i] / all;
            variance[i] = Math.Max((sums[channels + i] / all) - (mean[i] * mean[i]), 0);
        }

        return (long)all;
    }

    /// <summary>The gradients' two sums over the whole batch.</summary>
    /// <param name="sums">For each channel the sum of the images' gradients.</param>
    /// <param name="products">For each channel the sum of gradient · (input − mean).</param>
    public (double[] Sums, double[] Products) Sum(double[] sums, double[] products)
    {
        if (pass?.SumOverProcesses is not { } sumOverProcesses)
        {
            return (sums, products);
        }

        double[] both = pass.IsCounted ? [.. sums, .. products] : new double[sums.Length + products.Length];
        sumOverProcesses(both);
        if (!pass.IsCounted)
        {
            // The statistics do not depend on these images.
            Array.Clear(both);
        }

        return (both[..sums.Length], both[sums.Length..]);
    }
}
