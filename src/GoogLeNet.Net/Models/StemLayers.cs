using Inception.Operators;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Inception;

/// <summary>Max pooling under one of the rules for an image's edges. (N, C, H, W) → (N, C, H', W').</summary>
internal sealed class MaxPool(int kernel, int stride, PoolingRule rule) : Module<Tensor, Tensor>(nameof(MaxPool))
{
    /// <inheritdoc/>
    public override Tensor forward(Tensor x)
    {
        var (height, width) = ((int)x.size(2), (int)x.size(3));
        return Ops.MaxPool2d(x, new(
            kernel, stride, Geometry.PoolPadding(height, kernel, stride, rule).Padding, Geometry.PoolPadding(width, kernel, stride, rule).Padding,
            Geometry.PoolOutput(height, kernel, stride, rule), Geometry.PoolOutput(width, kernel, stride, rule)));
    }
}

/// <summary>Local response normalization across channels, scaled as Caffe does; computed in float32 where the input is bfloat16. Shape and type unchanged.</summary>
internal sealed class LocalResponseNorm(LocalResponseNormSpec spec) : Module<Tensor, Tensor>(nameof(LocalResponseNorm))
{
    /// <inheritdoc/>
    public override Tensor forward(Tensor x)
    {
        if (x.numel() == 0)
        {
            return x.clone();
        }

        if (x.dtype != ScalarType.BFloat16)
        {
            return Normalize(x);
        }

        using var wide = x.to(ScalarType.Float32);
        using var normalized = Normalize(wide);
        return normalized.to(ScalarType.BFloat16);
    }

    private Tensor Normalize(Tensor x) => functional.local_response_norm(x, spec.Size, spec.Alpha, spec.Beta, spec.K);
}
