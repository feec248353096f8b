using System.Numerics;
using TorchSharp;
using static TorchSharp.torch;

namespace Inception.Kernels;

/// <summary>Max pooling of images that lie channels last on a CPU, with ReLU behind it if asked for.</summary>
internal sealed class MaxPoolingFunction : autograd.SingleTensorFunction<MaxPoolingFunction>
{
    /// <inheritdoc/>
    public override string Name => nameof(MaxPoolingFunction);

    /// <summary>Whether the kernel takes such an input: float32 or bfloat16, channels last on a CPU, channels enough to fill its vectors, and less than 2 GiB.</summary>
    /// <param name="input">(N, C, H, W).</param>
    /// <param name="shape">The pooling.</param>
    public static bool Takes(Tensor input, PoolShape shape)
    {
        if (input.device_type != DeviceType.CPU || input.dtype is not (ScalarType.Float32 or ScalarType.BFloat16) || shape.Kernel * shape.Kernel > byte.MaxValue ||
            shape.Channels < MaxPoolingKernel.Block || shape.Rows < 1 || shape.Columns < 1 || input.numel() > int.MaxValue / sizeof(float))
        {
            return false;
        }

        using var pixels = input.permute(0, 2, 3, 1);
        return Vector.IsHardwareAccelerated && pixels.is_contiguous();
    }

    /// <summary>(N, C, H, W) → (N, C, H', W'), both channels last.</summary>
    public static Tensor Pool(Tensor input, PoolShape shape, bool relu)
    {
        using var scope = NewDisposeScope();
        var output = is_grad_enabled() && input.requires_grad ? apply(input, shape, relu) : Forward(input, shape, relu, taps: null);
        return output.MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        var (input, shape, relu) = ((Tensor)vars[0], (PoolShape)vars[1], (bool)vars[2]);
        var taps = empty(shape.Output, ScalarType.Byte);
        ctx.save_for_backward([taps]);
        ctx.save_data(nameof(PoolShape), shape);
        return Forward(input, shape, relu, taps);
    }

    /// <inheritdoc/>
    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output) =>
        MaxPoolingAdjoint.Back(ctx, grad_output, MaxPoolingGradient.apply);

    private static unsafe Tensor Forward(Tensor input, PoolShape shape, bool relu, Tensor? taps)
    {
        var pixels = input.detach().permute(0, 2, 3, 1);
        var output = empty(shape.Output, input.dtype);
        fixed (byte* from = pixels.bytes, to = output.bytes, noted = taps is null ? default : taps.bytes)
        {
            MaxPoolingKernel.Of(input.dtype).Forward(from, to, noted, shape, relu);
        }

        return ChannelsFirst(output);
    }

    // Without the mark of a view, so that it may be changed in place.
    private static Tensor ChannelsFirst(Tensor pixels) => pixels.permute(0, 3, 1, 2).detach();
}
