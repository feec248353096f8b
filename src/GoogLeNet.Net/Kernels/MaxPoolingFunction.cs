using static TorchSharp.torch;

namespace Inception.Kernels;

/// <summary>Max pooling of images that lie channels last on a CPU, with ReLU behind it if asked for.</summary>
internal sealed class MaxPoolingFunction : autograd.SingleTensorFunction<MaxPoolingFunction>
{
    /// <inheritdoc/>
    public override string Name => nameof(MaxPoolingFunction);

    /// <summary>Whether the kernel takes such an input: one of those that <see cref="KernelInput"/> names, and windows whose pixels a byte can number.</summary>
    /// <param name="input">(N, C, H, W).</param>
    /// <param name="shape">The pooling.</param>
    public static bool Takes(Tensor input, PoolShape shape) =>
        shape.Kernel * shape.Kernel <= byte.MaxValue && shape.Rows >= 1 && shape.Columns >= 1 && KernelInput.Suits(input, MaxPoolingKernel.Block);

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

    /// <summary>What computes the same, in the caller's dispose scope, and the output, not filled yet.</summary>
    /// <param name="input">(N, C, H, W).</param>
    /// <param name="shape">The pooling.</param>
    /// <param name="relu">Whether ReLU follows.</param>
    /// <param name="taps">(N, H', W', C), receives where each maximum was found; null where nobody needs it.</param>
    public static unsafe (KernelCall Call, Tensor Output) Prepare(Tensor input, PoolShape shape, bool relu, Tensor? taps = null)
    {
        var output = KernelInput.Images(empty(shape.Output, input.dtype));
        var call = MaxPoolingKernel.Of(input.dtype).Forward(
            (byte*)ChannelsMemory.Of(input).First, (byte*)ChannelsMemory.Of(output).First, taps is null ? null : (byte*)ChannelsMemory.Address(taps), shape, relu);
        return (call, output);
    }

    private static Tensor Forward(Tensor input, PoolShape shape, bool relu, Tensor? taps)
    {
        var (call, output) = Prepare(input, shape, relu, taps);
        Ranges.Run(call);
        return output;
    }
}
