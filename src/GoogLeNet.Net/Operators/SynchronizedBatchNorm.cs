using static TorchSharp.torch;

namespace Inception.Operators;

/// <summary>
/// Batch normalization by the statistics of a batch that several processes share, and ReLU, by libtorch's operators: on GPUs, and for what <see cref="BatchNormReluFunction"/> does not support.
/// </summary>
/// <remarks>Both exchange the same numbers, so that one process may use the one and another process the other.</remarks>
internal sealed class SynchronizedBatchNorm : autograd.SingleTensorFunction<SynchronizedBatchNorm>
{
    private static readonly long[] AllButChannels = [0, 2, 3];

    /// <inheritdoc/>
    public override string Name => nameof(SynchronizedBatchNorm);

    /// <summary>(N, C, H, W) → (N, C, H, W); updates the running statistics.</summary>
    /// <param name="input">(N, C, H, W).</param>
    /// <param name="norms">What the channels belong to.</param>
    /// <param name="relu">Whether ReLU follows.</param>
    /// <param name="pass">The pass over whose processes the statistics are taken.</param>
    public static Tensor Normalize(Tensor input, JoinedNorms norms, bool relu, TrainingPass pass)
    {
        using var scope = NewDisposeScope();
        object[] arguments = [input, norms, relu, new SharedMoments(pass), .. norms.Norms.Select(norm => norm.weight), .. norms.Norms.Select(norm => norm.bias!)];
        return apply(arguments).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        using var scope = NewDisposeScope();
        var (input, norms, relu, shared) = ((Tensor)vars[0], (JoinedNorms)vars[1], (bool)vars[2], (SharedMoments)vars[3]);
        var x = input.to(ScalarType.Float32);
        var (mean, variance) = (HostNumbers(x.mean(AllButChannels)), HostNumbers(x.var(AllButChannels, unbiased: false)));
        var pixels = shared.Sum(mean, variance, input.numel() / input.size(1));
        var statistics = new Statistics(mean, Array.ConvertAll(variance, value => 1 / Math.Sqrt(value + norms.Epsilon)), pixels, relu);
        Update(norms, Numbers(mean, input), Numbers(Array.ConvertAll(variance, value => value * pixels / (pixels - 1)), input));
        var normalized = statistics.Normalized(x, norms);
        ctx.save_for_backward([input]);
        ctx.save_data(nameof(JoinedNorms), norms);
        ctx.save_data(nameof(Statistics), statistics);
        ctx.save_data(nameof(SharedMoments), shared);
        return (relu ? normalized.relu() : normalized).to(input.dtype).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
    {
        using var frozen = no_grad();
        using var scope = NewDisposeScope();
        using var received = grad_output;
        var (input, norms, statistics, shared) = (
            ctx.get_saved_variables()[0], (JoinedNorms)ctx.get_data(nameof(JoinedNorms)), (Statistics)ctx.get_data(nameof(Statistics)), (SharedMoments)ctx.get_data(nameof(SharedMoments)));
        var x = input.to(ScalarType.Float32);
        var gradient = received.to(ScalarType.Float32);
        if (statistics.Relu)
        {
            gradient = gradient * statistics.Normalized(x, norms).gt(Arithmetic.Zero);
        }

        var centered = x - Image(Numbers(statistics.Mean, input));
        var (sums, products) = (gradient.sum(AllButChannels), (gradient * centered).sum(AllButChannels));
        var (allSums, allProducts) = shared.Sum(HostNumbers(sums), HostNumbers(products));
        var inverse = Numbers(statistics.InverseDeviation, input);
        var constant = Numbers(Array.ConvertAll(allSums, sum => sum / statistics.Pixels), input);
        var perInput = Numbers([.. allProducts.Zip(statistics.InverseDeviation, (product, each) => product * each * each / statistics.Pixels)], input);
        var result = Image(inverse * norms.Join(norm => norm.weight)) * (gradient - Image(constant) - (centered * Image(perInput)));
        Tensor[] gradients = [result.to(input.dtype), .. norms.Split(products * inverse), .. norms.Split(sums)];
        foreach (var each in gradients)
        {
            each.MoveToOuterDisposeScope();
        }

        Gradients.DisposeAfterNextBackward(gradients);
        return [gradients[0], null!, null!, null!, .. gradients[1..]];
    }

    private static void Update(JoinedNorms norms, Tensor mean, Tensor variance)
    {
        using var frozen = no_grad();
        foreach (var ((norm, ownMean), ownVariance) in norms.Norms.Zip(norms.Split(mean)).Zip(norms.Split(variance)))
        {
            var momentum = norm.momentum!.Value;
            norm.running_mean!.Multiply_(1 - momentum).Add_(ownMean.Times(momentum));
            norm.running_var!.Multiply_(1 - momentum).Add_(ownVariance.Times(momentum));
        }

        norms.CountBatch();
    }

    private static Tensor Image(Tensor channels) => channels.view(1, -1, 1, 1);

    // float32 (C) where the input is.
    private static Tensor Numbers(double[] values, Tensor input) => tensor(Array.ConvertAll(values, value => (float)value)).SentTo(input.device);

    private static double[] HostNumbers(Tensor channels) => channels.to(ScalarType.Float64).cpu().data<double>().ToArray();

    private sealed record Statistics(double[] Mean, double[] InverseDeviation, long Pixels, bool Relu)
    {
        /// <summary>The output before ReLU, float32.</summary>
        public Tensor Normalized(Tensor x, JoinedNorms norms) =>
            ((x - Image(Numbers(Mean, x))) * Image(Numbers(InverseDeviation, x) * norms.Join(norm => norm.weight))).Plus(Image(norms.Join(norm => norm.bias!)));
    }
}

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
