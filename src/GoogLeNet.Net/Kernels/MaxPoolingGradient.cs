using Inception.Data.Transforms;
using static TorchSharp.torch;

namespace Inception.Kernels;

/// <summary>The gradient of a max pooling's input as a function of its output's: linear, and so differentiable in turn.</summary>
internal sealed unsafe class MaxPoolingGradient : autograd.SingleTensorFunction<MaxPoolingGradient>
{
    /// <inheritdoc/>
    public override string Name => nameof(MaxPoolingGradient);

    /// <inheritdoc/>
    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars) =>
        MaxPoolingAdjoint.Map(ctx, vars, shape => shape.Input, kernel => kernel.Scatter);

    /// <inheritdoc/>
    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output) =>
        MaxPoolingAdjoint.Back(ctx, grad_output, MaxPoolingAdjoint.apply);
}

/// <summary>The adjoint of <see cref="MaxPoolingGradient"/>, for gradients of gradients.</summary>
internal sealed unsafe class MaxPoolingAdjoint : autograd.SingleTensorFunction<MaxPoolingAdjoint>
{
    /// <summary>What a kernel does on the way back, or on the way back from there.</summary>
    public delegate void Pass(byte* from, byte* taps, byte* to, PoolShape shape);

    /// <inheritdoc/>
    public override string Name => nameof(MaxPoolingAdjoint);

    /// <inheritdoc/>
    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars) => Map(ctx, vars, shape => shape.Output, kernel => kernel.Select);

    /// <inheritdoc/>
    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output) => Back(ctx, grad_output, MaxPoolingGradient.apply);

    /// <summary>The forward pass of either: their arguments are the tensor (N, C, H, W), the taps (N, H', W', C) and the pooling's shape.</summary>
    public static Tensor Map(autograd.AutogradContext ctx, object[] vars, Func<PoolShape, long[]> size, Func<MaxPoolingKernel, Pass> pass)
    {
        var (input, taps, shape) = ((Tensor)vars[0], (Tensor)vars[1], (PoolShape)vars[2]);
        ctx.save_for_backward([taps]);
        ctx.save_data(nameof(PoolShape), shape);
        var pixels = ChannelsLast.Pixels(input);
        var result = empty(size(shape), input.dtype);
        fixed (byte* from = pixels.bytes, noted = taps.bytes, to = result.bytes)
        {
            pass(MaxPoolingKernel.Of(input.dtype))(from, noted, to, shape);
        }

        return KernelInput.Images(result);
    }

    /// <summary>The backward pass of either, by the other.</summary>
    public static List<Tensor> Back(autograd.AutogradContext ctx, Tensor gradient, Func<object[], Tensor> adjoint)
    {
        using var scope = NewDisposeScope();
        using var received = gradient;
        var result = adjoint([received, ctx.get_saved_variables()[0], ctx.get_data(nameof(PoolShape))]);
        Gradients.HandOver(result.MoveToOuterDisposeScope());
        return [result, null!, null!];
    }
}
