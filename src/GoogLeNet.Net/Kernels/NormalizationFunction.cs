using System.Numerics;
using System.Runtime.InteropServices;
using TorchSharp;
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
    /// Whether the kernel takes such an input: float32 or bfloat16, channels last on a CPU, less than 2 GiB, with channels enough to fill its vectors; and layers in
    /// training, with parameters and running statistics in float32.
    /// </summary>
    /// <param name="input">(N, C, H, W).</param>
    /// <param name="layer">The layer, or the first of them.</param>
    public static bool Takes(Tensor input, BatchNorm2d layer)
    {
        if (!layer.training || input.device_type != DeviceType.CPU || input.dtype is not (ScalarType.Float32 or ScalarType.BFloat16) ||
            layer.weight.dtype != ScalarType.Float32 || layer.running_mean?.dtype != ScalarType.Float32 || layer.momentum is null)
        {
            return false;
        }

        using var pixels = input.permute(0, 2, 3, 1);
        var (channels, numbers) = (pixels.shape[3], pixels.numel());
        return channels >= NormalizationKernel.Block && channels <= MostChannels && numbers > channels && numbers <= int.MaxValue / sizeof(float) &&
            Vector.IsHardwareAccelerated && pixels.is_contiguous();
    }

    /// <summary>(N, C, H, W) → (N, C, H, W), channels last; brings the layers' running statistics up to date.</summary>
    /// <param name="input">(N, C, H, W).</param>
    /// <param name="layers">What the channels belong to.</param>
    /// <param name="relu">Whether ReLU follows.</param>
    public static Tensor Normalize(Tensor input, BatchNorm2d[] layers, bool relu)
    {
        using var scope = NewDisposeScope();
        object[] arguments = [input, new Plan(layers, relu), .. layers.Select(layer => layer.weight), .. layers.Select(layer => layer.bias!)];
        return apply(arguments).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        var (input, plan) = ((Tensor)vars[0], (Plan)vars[1]);
        var pixels = input.permute(0, 2, 3, 1);
        var output = empty_like(input);
        var kernel = NormalizationKernel.Of(input.dtype);
        fixed (byte* from = pixels.bytes, to = output.permute(0, 2, 3, 1).bytes)
        {
            var sizes = pixels.shape;
            var (count, channels) = ((int)(sizes[0] * sizes[1] * sizes[2]), (int)sizes[3]);
            var (mean, variance) = kernel.Moments(from, count, channels);
            var batch = new Batch(plan, count, mean, variance);
            kernel.Apply(from, to, count, batch.Lines);
            plan.UpdateRunningStatistics(mean, variance, count);
            ctx.save_for_backward([input]);
            ctx.save_data(nameof(Batch), batch);
        }

        return output;
    }

    /// <inheritdoc/>
    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
    {
        using var scope = NewDisposeScope();
        using var received = grad_output;
        var batch = (Batch)ctx.get_data(nameof(Batch));
        var input = ctx.get_saved_variables()[0];
        var results = is_grad_enabled() ? Differentiable(batch.Plan, input, received) : Computed(batch, input, received);
        foreach (var result in results)
        {
            result.MoveToOuterDisposeScope();
        }

        Gradients.HandOver(results);
        return [results[0], null!, .. results[1..]];
    }

    // Ioffe and Szegedy 2015, section 3, of the input and the parameters.
    private static Tensor[] Computed(Batch batch, Tensor input, Tensor gradient)
    {
        var result = empty_like(input);
        var kernel = NormalizationKernel.Of(input.dtype);
        var (first, stride) = Pixels(gradient);
        fixed (byte* x = input.permute(0, 2, 3, 1).bytes, dy = first.bytes, dx = result.permute(0, 2, 3, 1).bytes)
        {
            var (sums, products) = kernel.Reduce(dy, stride, x, batch.Pixels, batch.Lines, batch.Mean);
            var (slope, level) = batch.Correction(sums, products);
            kernel.Combine(dy, stride, x, dx, batch.Pixels, batch.Lines, slope, level);
            return [result, .. batch.Plan.Split(batch.OfWeight(products)), .. batch.Plan.Split(Array.ConvertAll(sums, sum => (float)sum))];
        }
    }

    // From where the gradient can be read, and the numbers from one pixel to the next: a part of a concatenation's is read where it lies.
    private static (Tensor First, int Stride) Pixels(Tensor gradient)
    {
        var (shape, strides) = (gradient.shape, gradient.stride());
        if (strides[1] == 1 && strides[3] > shape[1] && strides[2] == shape[3] * strides[3] && strides[0] == shape[2] * strides[2])
        {
            return (gradient.select(0, 0).select(1, 0).select(1, 0), (int)strides[3]);
        }

        return (gradient.permute(0, 2, 3, 1).contiguous(), (int)shape[1]);
    }

    // The same by operators that can be differentiated again.
    private static Tensor[] Differentiable(Plan plan, Tensor input, Tensor gradient)
    {
        long[] images = [0, 2, 3];
        var weight = cat([.. plan.Layers.Select(layer => layer.weight)]).view(1, -1, 1, 1);
        var bias = cat([.. plan.Layers.Select(layer => layer.bias!)]).view(1, -1, 1, 1);
        var wide = input.to(ScalarType.Float32);
        var centred = wide - wide.mean(images, keepdim: true);
        var scale = (centred.pow(2).mean(images, keepdim: true) + plan.Layers[0].eps).rsqrt();
        var normalised = centred * scale;
        var given = gradient.to(ScalarType.Float32);
        if (plan.Relu)
        {
            given *= ((normalised * weight) + bias).gt(0).to(ScalarType.Float32);
        }

        var product = (given * normalised).mean(images, keepdim: true);
        var result = (given - given.mean(images, keepdim: true) - (normalised * product)) * scale * weight;
        return [result.to(input.dtype), .. plan.Split((given * normalised).sum(images)), .. plan.Split(given.sum(images))];
    }

    /// <summary>The layers, whose channels follow one another, and whether ReLU follows them.</summary>
    private sealed record Plan(BatchNorm2d[] Layers, bool Relu)
    {
        public float[] Joined(Func<BatchNorm2d, Tensor> part)
        {
            if (Layers.Length == 1)
            {
                return Numbers(part(Layers[0])).ToArray();
            }

            var joined = new List<float>();
            foreach (var layer in Layers)
            {
                joined.AddRange(Numbers(part(layer)));
            }

            return [.. joined];
        }

        public Tensor[] Split(float[] joined) => Split(tensor(joined));

        public Tensor[] Split(Tensor joined) => Layers.Length == 1 ? [joined] : joined.split([.. Layers.Select(layer => layer.weight.shape[0])]);

        // As libtorch does: what is kept of the variance is the estimate for the population.
        public void UpdateRunningStatistics(double[] mean, double[] variance, int pixels)
        {
            var channel = 0;
            foreach (var layer in Layers)
            {
                var means = Numbers(layer.running_mean!);
                var variances = Numbers(layer.running_var!);
                var momentum = layer.momentum!.Value;
                for (var i = 0; i < means.Length; i++, channel++)
                {
                    means[i] = (float)(((1 - momentum) * means[i]) + (momentum * mean[channel]));
                    variances[i] = (float)(((1 - momentum) * variances[i]) + (momentum * variance[channel] * pixels / (pixels - 1)));
                }

                layer.num_batches_tracked!.add_(1);
            }
        }

        private static Span<float> Numbers(Tensor tensor) => MemoryMarshal.Cast<byte, float>(tensor.bytes);
    }

    /// <summary>What the forward pass knows of a batch.</summary>
    private sealed class Batch
    {
        private readonly double[] mean;
        private readonly double[] inverse;

        public Batch(Plan plan, int pixels, double[] mean, double[] variance)
        {
            (Plan, Pixels, this.mean) = (plan, pixels, mean);
            inverse = Array.ConvertAll(variance, value => 1 / Math.Sqrt(value + plan.Layers[0].eps));
            Mean = Array.ConvertAll(mean, value => (float)value);
            var (scale, shift) = (plan.Joined(layer => layer.weight), plan.Joined(layer => layer.bias!));
            for (var i = 0; i < scale.Length; i++)
            {
                scale[i] = (float)(scale[i] * inverse[i]);
                shift[i] = (float)(shift[i] - (mean[i] * scale[i]));
            }

            Lines = new(scale, shift, plan.Relu);
        }

        public Plan Plan { get; }

        public int Pixels { get; }

        public float[] Mean { get; }

        public NormalizationKernel.Lines Lines { get; }

        /// <summary>What mean and variance, which depend on the input too, add to its gradient: input · slope + level.</summary>
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

        public float[] OfWeight(double[] products) => [.. products.Zip(inverse, (product, factor) => (float)(product * factor))];
    }
}
