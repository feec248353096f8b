using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Inception.Kernels;

/// <summary>
/// Batch normalisation by the batch's own mean and variance, as in training, and ReLU, of images that lie channels last on a CPU. The channels may belong to several
/// layers, one behind the other.
/// </summary>
internal sealed unsafe class NormalizationFunction : autograd.SingleTensorFunction<NormalizationFunction>
{
    private const int MostChannels = 4096;

    /// <inheritdoc/>
    public override string Name => nameof(NormalizationFunction);

    /// <summary>
    /// Whether the kernel takes such an input: one of those that <see cref="KernelInput"/> names, of two pixels at least; and layers in training, with parameters and
    /// running statistics in float32.
    /// </summary>
    /// <param name="input">(N, C, H, W).</param>
    /// <param name="layer">The layer, or the first of them.</param>
    public static bool Takes(Tensor input, BatchNorm2d layer)
    {
        if (!layer.training || layer.weight.dtype != ScalarType.Float32 || layer.running_mean?.dtype != ScalarType.Float32 || layer.momentum is null)
        {
            return false;
        }

        var channels = input.shape[1];
        return channels <= MostChannels && input.numel() > channels && KernelInput.Suits(input, NormalizationKernel.Block);
    }

    /// <summary>(N, C, H, W) → (N, C, H, W), channels last; brings the layers' running statistics up to date.</summary>
    /// <param name="input">(N, C, H, W).</param>
    /// <param name="layers">What the channels belong to.</param>
    /// <param name="relu">Whether ReLU follows.</param>
    public static Tensor Normalize(Tensor input, BatchNorm2d[] layers, bool relu)
    {
        using var scope = NewDisposeScope();
        object[] arguments = [input, new NormalizedLayers(layers, relu), .. layers.Select(layer => layer.weight), .. layers.Select(layer => layer.bias!)];
        return apply(arguments).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        var (input, layers) = ((Tensor)vars[0], (NormalizedLayers)vars[1]);
        var pixels = input.permute(0, 2, 3, 1);
        var output = empty_like(input);
        var kernel = NormalizationKernel.Of(input.dtype);
        fixed (byte* from = pixels.bytes, to = output.permute(0, 2, 3, 1).bytes)
        {
            var sizes = pixels.shape;
            var (count, channels) = ((int)(sizes[0] * sizes[1] * sizes[2]), (int)sizes[3]);
            var (mean, variance) = kernel.Moments(from, count, channels);
            var batch = new BatchMoments(layers, count, mean, variance);
            kernel.Apply(from, to, count, batch.Lines);
            layers.UpdateRunningStatistics(mean, variance, count);
            ctx.save_for_backward([input]);
            ctx.save_data(nameof(BatchMoments), batch);
        }

        return output;
    }

    /// <inheritdoc/>
    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
    {
        using var scope = NewDisposeScope();
        using var received = grad_output;
        var batch = (BatchMoments)ctx.get_data(nameof(BatchMoments));
        var input = ctx.get_saved_variables()[0];
        var results = is_grad_enabled() ? Differentiable(batch.Layers, input, received) : Computed(batch, input, received);
        foreach (var result in results)
        {
            result.MoveToOuterDisposeScope();
        }

        Gradients.HandOver(results);
        return [results[0], null!, .. results[1..]];
    }

    // Of the input and the parameters.
    private static Tensor[] Computed(BatchMoments batch, Tensor input, Tensor gradient)
    {
        var result = empty_like(input);
        var kernel = NormalizationKernel.Of(input.dtype);
        var (first, stride) = KernelInput.Pixels(gradient);
        fixed (byte* x = input.permute(0, 2, 3, 1).bytes, dy = first.bytes, dx = result.permute(0, 2, 3, 1).bytes)
        {
            var (sums, products) = kernel.Reduce(dy, stride, x, batch.Pixels, batch.Lines, batch.Mean);
            var (slope, level) = batch.Correction(sums, products);
            kernel.Combine(dy, stride, x, dx, batch.Pixels, batch.Lines, slope, level);
            return [result, .. batch.Layers.Split(tensor(batch.OfWeights(products))), .. batch.Layers.Split(tensor(Array.ConvertAll(sums, sum => (float)sum)))];
        }
    }

    // The same by operators that can be differentiated again.
    private static Tensor[] Differentiable(NormalizedLayers layers, Tensor input, Tensor gradient)
    {
        long[] images = [0, 2, 3];
        var weight = cat([.. layers.Layers.Select(layer => layer.weight)]).view(1, -1, 1, 1);
        var bias = cat([.. layers.Layers.Select(layer => layer.bias!)]).view(1, -1, 1, 1);
        var wide = input.to(ScalarType.Float32);
        var centred = wide - wide.mean(images, keepdim: true);
        var scale = (centred.pow(2).mean(images, keepdim: true) + layers.Epsilon).rsqrt();
        var normalised = centred * scale;
        var given = gradient.to(ScalarType.Float32);
        if (layers.Relu)
        {
            given *= ((normalised * weight) + bias).gt(0).to(ScalarType.Float32);
        }

        var product = (given * normalised).mean(images, keepdim: true);
        var result = (given - given.mean(images, keepdim: true) - (normalised * product)) * scale * weight;
        return [result.to(input.dtype), .. layers.Split((given * normalised).sum(images)), .. layers.Split(given.sum(images))];
    }
}
