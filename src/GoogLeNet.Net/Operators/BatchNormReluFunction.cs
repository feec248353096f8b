using System.Runtime.InteropServices;
using Inception.Kernels;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Inception.Operators;

/// <summary>Batch normalization by the batch's own statistics, as in training, and ReLU, by <see cref="BatchNormKernel"/>.</summary>
internal sealed class BatchNormReluFunction : autograd.SingleTensorFunction<BatchNormReluFunction>
{
    private const int MaxChannels = 4096;

    /// <inheritdoc/>
    public override string Name => nameof(BatchNormReluFunction);

    /// <summary>True for channels-last CPU images of two pixels at least, and norms in training whose parameters and running statistics are float32.</summary>
    /// <param name="input">(N, C, H, W).</param>
    /// <param name="norms">What the channels belong to.</param>
    public static bool IsSupported(Tensor input, JoinedNorms norms)
    {
        var norm = norms.Norms[0];
        var channels = input.size(1);
        return norm.training && norm.weight.dtype == ScalarType.Float32 && norm.running_mean?.dtype == ScalarType.Float32 && norm.momentum is not null
            && channels <= MaxChannels && input.numel() > channels && TensorViews.IsChannelsLast(input, BatchNormKernel.Block);
    }

    /// <summary>(N, C, H, W) → (N, C, H, W), channels last; updates the running statistics.</summary>
    /// <param name="input">(N, C, H, W).</param>
    /// <param name="norms">What the channels belong to.</param>
    /// <param name="relu">Whether ReLU follows.</param>
    /// <param name="shared">The pass over whose processes the statistics are taken; null for those of the input alone.</param>
    public static Tensor Normalize(Tensor input, JoinedNorms norms, bool relu, TrainingPass? shared = null)
    {
        using var scope = NewDisposeScope();
        object[] arguments = [input, norms, relu, new SharedMoments(shared), .. norms.Norms.Select(norm => norm.weight), .. norms.Norms.Select(norm => norm.bias!)];
        return apply(arguments).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        var (input, norms, relu, shared) = ((Tensor)vars[0], (JoinedNorms)vars[1], (bool)vars[2], (SharedMoments)vars[3]);
        var (kernel, threads) = (BatchNormKernel.For(input.ElementType()), get_num_threads());
        var (from, channels) = (input.View().Address, (int)input.size(1));
        var pixels = (int)(input.numel() / channels);
        var (mean, variance) = kernel.Moments(from, pixels, channels, threads);
        var counted = shared.Sum(mean, variance, pixels);
        var statistics = new BatchStatistics(
            mean, variance, counted, norms.Values(norm => norm.weight), norms.Values(norm => norm.bias!), norms.Epsilon, relu);
        var output = empty_like(input);
        kernel.Normalize(from, output.View().Address, pixels, statistics.Normalization, threads);
        norms.UpdateRunningStatistics(mean, variance, counted);
        ctx.save_for_backward([input]);
        ctx.save_data(nameof(JoinedNorms), norms);
        ctx.save_data(nameof(BatchStatistics), statistics);
        ctx.save_data(nameof(SharedMoments), shared);
        return output;
    }

    /// <inheritdoc/>
    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
    {
        using var scope = NewDisposeScope();
        using var received = grad_output;
        var (input, norms, statistics) = (
            ctx.get_saved_variables()[0], (JoinedNorms)ctx.get_data(nameof(JoinedNorms)), (BatchStatistics)ctx.get_data(nameof(BatchStatistics)));
        var shared = (SharedMoments)ctx.get_data(nameof(SharedMoments));
        var gradients = is_grad_enabled() ? ByLibtorch(input, received, norms, statistics.Normalization.Relu) : ByKernel(input, received, norms, statistics, shared);
        foreach (var value in gradients)
        {
            value?.MoveToOuterDisposeScope();
        }

        Gradients.DisposeAfterNextBackward([.. gradients.OfType<Tensor>()]);
        return [gradients[0]!, null!, null!, null!, .. gradients[1..].Select(value => value!)];
    }

    // Of the input, the weights and the biases.
    private static Tensor?[] ByKernel(Tensor input, Tensor received, JoinedNorms norms, BatchStatistics statistics, SharedMoments shared)
    {
        var (kernel, threads, pixels, normalization) = (BatchNormKernel.For(input.ElementType()), get_num_threads(), (int)(input.numel() / input.size(1)), statistics.Normalization);
        var (gradient, x, result) = (received.View(), input.View().Address, empty_like(input));
        var (sums, products) = kernel.SumGradients(gradient, x, pixels, normalization, statistics.Mean, threads);
        var (allSums, allProducts) = shared.Sum(sums, products);
        var (perInput, constant) = statistics.InputGradientTerms(allSums, allProducts);
        kernel.InputGradient(gradient, x, result.View().Address, pixels, normalization, perInput, constant, threads);
        return
        [
            result,
            .. norms.Split(tensor(statistics.WeightGradient(products))),
            .. norms.Split(tensor(Array.ConvertAll(sums, sum => (float)sum))),
        ];
    }

    private static Tensor?[] ByLibtorch(Tensor input, Tensor received, JoinedNorms norms, bool relu)
    {
        Tensor[] weights = [.. norms.Norms.Select(norm => norm.weight)], biases = [.. norms.Norms.Select(norm => norm.bias!)];
        return Gradients.ByLibtorch(
            () =>
            {
                // The copies of the running statistics are updated and forgotten.
                var y = nn.functional.batch_norm(
                    input, norms.Join(norm => norm.running_mean!).clone(), norms.Join(norm => norm.running_var!).clone(), cat(weights), cat(biases), training: true,
                    norms.Norms[0].momentum!.Value, norms.Epsilon);
                return relu ? nn.functional.relu(y) : y;
            },
            [input, .. weights, .. biases], received);
    }
}

/// <summary>Batch norms side by side on the channels of one tensor: the first one's channels, then the second one's, and so on.</summary>
/// <param name="Norms">At least one, all with the first one's epsilon, momentum and mode.</param>
internal sealed record JoinedNorms(IReadOnlyList<BatchNorm2d> Norms)
{
    /// <summary>Added to the variances.</summary>
    public double Epsilon => Norms[0].eps;

    /// <summary>Whether they use the batch's statistics.</summary>
    public bool IsTraining => Norms[0].training;

    /// <summary>One tensor of all norms, (C).</summary>
    public Tensor Join(Func<BatchNorm2d, Tensor> part) => Norms.Count == 1 ? part(Norms[0]) : cat([.. Norms.Select(part)]);

    /// <summary>The values of a float32 tensor of all norms, (C).</summary>
    public float[] Values(Func<BatchNorm2d, Tensor> part)
    {
        if (Norms.Count == 1)
        {
            return Numbers(part(Norms[0])).ToArray();
        }

        var joined = new List<float>();
        foreach (var norm in Norms)
        {
            joined.AddRange(Numbers(part(norm)));
        }

        return [.. joined];
    }

    /// <summary>Each norm's part of (C).</summary>
    public Tensor[] Split(Tensor joined) => Norms.Count == 1 ? [joined] : joined.split([.. Norms.Select(norm => norm.weight.size(0))]);

    /// <summary>Updates the running statistics as libtorch does, the variance with the unbiased one.</summary>
    /// <param name="mean">The batch's, (C).</param>
    /// <param name="variance">The batch's, (C), divided by the number of pixels.</param>
    /// <param name="pixels">N · H · W, at least 2.</param>
    public void UpdateRunningStatistics(double[] mean, double[] variance, long pixels)
    {
        var channel = 0;
        foreach (var norm in Norms)
        {
            var means = Numbers(norm.running_mean!);
            var variances = Numbers(norm.running_var!);
            var momentum = norm.momentum!.Value;
            for (var i = 0; i < means.Length; i++, channel++)
            {
                means[i] = (float)(((1 - momentum) * means[i]) + (momentum * mean[channel]));
                variances[i] = (float)(((1 - momentum) * variances[i]) + (momentum * variance[channel] * pixels / (pixels - 1)));
            }
        }

        CountBatch();
    }

    /// <summary>Counts a batch that the running statistics have taken in.</summary>
    public void CountBatch()
    {
        foreach (var norm in Norms)
        {
            norm.num_batches_tracked!.add_(Arithmetic.One, Arithmetic.One);
        }
    }

    private static Span<float> Numbers(Tensor tensor) => MemoryMarshal.Cast<byte, float>(tensor.bytes);
}
