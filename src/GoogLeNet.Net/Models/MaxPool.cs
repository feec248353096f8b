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
        var (height, width) = ((int)x.shape[2], (int)x.shape[3]);
        return Ops.MaxPool2d(x, new(
            kernel, stride, Geometry.PoolPadding(height, kernel, stride, rule).Padding, Geometry.PoolPadding(width, kernel, stride, rule).Padding,
            Geometry.PoolOutput(height, kernel, stride, rule), Geometry.PoolOutput(width, kernel, stride, rule)));
    }
}
