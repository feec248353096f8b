using Inception.Architecture;
using Inception.Kernels;
using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Inception;

/// <summary>Max pooling under one of the pooling rules, followed by the ReLU that the layer before left to it. (N, C, H, W) → (N, C, H', W').</summary>
internal sealed class MaxPooling(int kernel, int stride, PoolingRule rule) : Module<Tensor, Tensor>(nameof(MaxPooling))
{
    /// <summary>Whether the ReLU of the layer before is computed here.</summary>
    public bool TakesRelu { get; set; }

    /// <inheritdoc/>
    public override Tensor forward(Tensor input)
    {
        var shape = Shape(input);
        if (MaxPoolingFunction.Takes(input, shape))
        {
            return MaxPoolingFunction.Pool(input, shape, TakesRelu);
        }

        var pooled = Pool(input);
        if (!TakesRelu)
        {
            return pooled;
        }

        using (pooled)
        {
            return functional.relu(pooled, inplace: true);
        }
    }

    /// <summary>What computes it where no gradient is asked for, in the caller's dispose scope, and the output, not filled yet. None where libtorch computes it.</summary>
    /// <param name="input">(N, C, H, W).</param>
    public (KernelCall Call, Tensor Output)? Prepare(Tensor input)
    {
        var shape = Shape(input);
        return MaxPoolingFunction.Takes(input, shape) ? MaxPoolingFunction.Prepare(input, shape, TakesRelu) : null;
    }

    private PoolShape Shape(Tensor input)
    {
        var sizes = input.shape;
        var (images, channels, height, width) = ((int)sizes[0], (int)sizes[1], (int)sizes[2], (int)sizes[3]);
        return new(
            images, height, width, channels, Geometry.PoolOutput(height, kernel, stride, rule), Geometry.PoolOutput(width, kernel, stride, rule),
            kernel, stride, Geometry.PoolPadding(height, kernel, stride, rule).Padding, Geometry.PoolPadding(width, kernel, stride, rule).Padding);
    }

    // By libtorch.
    private Tensor Pool(Tensor input)
    {
        var (top, ceil) = Geometry.PoolPadding((int)input.shape[2], kernel, stride, rule);
        var (left, ceilWidth) = Geometry.PoolPadding((int)input.shape[3], kernel, stride, rule);
        if (ceil == ceilWidth && !(ceil && stride == 1 && rule == PoolingRule.Same))
        {
            return functional.max_pool2d(input, (kernel, kernel), (stride, stride), (top, left), ceil_mode: ceil);
        }

        // Only the rule Same comes here: where its roundings differ between the axes, or cannot add the window that is lacking.
        var (_, bottom) = Geometry.SamePadding((int)input.shape[2], kernel, stride);
        var (_, right) = Geometry.SamePadding((int)input.shape[3], kernel, stride);
        using var padded = functional.pad(input, (left, right, top, bottom), PaddingModes.Constant, double.NegativeInfinity);
        return functional.max_pool2d(padded, (kernel, kernel), (stride, stride));
    }
}

/// <summary>Local response normalisation across channels, scaled as Caffe does; computed in float32 where the input is bfloat16. Shape and type unchanged.</summary>
internal sealed class LocalResponseNormalization(LocalResponseNormSpec spec) : Module<Tensor, Tensor>(nameof(LocalResponseNormalization))
{
    /// <inheritdoc/>
    public override Tensor forward(Tensor input)
    {
        if (input.dtype != ScalarType.BFloat16)
        {
            return Normalise(input);
        }

        using var wide = input.to(ScalarType.Float32);
        using var normalised = Normalise(wide);
        return normalised.to(ScalarType.BFloat16);
    }

    private Tensor Normalise(Tensor input) => functional.local_response_norm(input, spec.Size, spec.Alpha, spec.Beta, spec.K);
}
