using static TorchSharp.torch;

namespace Inception.Kernels;

/// <summary>The gradient of a max pooling's input as a function of its output's: linear, and so differentiable in turn.</summary>
internal sealed class MaxPoolingGradient : autograd.SingleTensorFunction<MaxPoolingGradient>
{
    /// <inheritdoc/>
    public override string Name => nameof(MaxPoolingGradient);

    /// <inheritdoc/>
    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars) =>
        MaxPoolingAdjoint.Apply(ctx, vars, (gradient, taps, shape) => Scatter(gradient, taps, shape));

    /// <inheritdoc/>
    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output) =>
        MaxPoolingAdjoint.Back(ctx, grad_output, MaxPoolingAdjoint.apply);

    private static unsafe Tensor Scatter(Tensor gradient, Tensor taps, PoolShape shape)
    {
        var result = empty(shape.Input, gradient.dtype);
        fixed (byte* from = gradient.bytes, to = result.bytes, noted = taps.bytes)
        {
            MaxPoolingKernel.Of(gradient.dtype).Scatter(from, noted, to, shape);
        }

        return result;
    }
}

/// <summary>The adjoint of <see cref="MaxPoolingGradient"/>, for gradients of gradients.</summary>
internal sealed class MaxPoolingAdjoint : autograd.SingleTensorFunction<MaxPoolingAdjoint>
{
    /// <inheritdoc/>
    public override string Name => nameof(MaxPoolingAdjoint);

    /// <inheritdoc/>
    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars) => Apply(ctx, vars, (input, taps, shape) => Select(input, taps, shape));

    /// <inheritdoc/>
    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output) => Back(ctx, grad_output, MaxPoolingGradient.apply);

    /// <summary>The forward pass of either: their arguments are the tensor (N, C, H, W), the taps (N, H', W', C) and the pooling's shape.</summary>
    public static Tensor Apply(autograd.AutogradContext ctx, object[] vars, Func<Tensor, Tensor, PoolShape, Tensor> map)
    {
        var (taps, shape) = ((Tensor)vars[1], (PoolShape)vars[2]);
        ctx.save_for_backward([taps]);
        ctx.save_data(nameof(PoolShape), shape);
        var pixels = ((Tensor)vars[0]).detach().permute(0, 2, 3, 1).contiguous();
        return map(pixels, taps, shape).permute(0, 3, 1, 2).detach();
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

    private static unsafe Tensor Select(Tensor input, Tensor taps, PoolShape shape)
    {
        var output = empty(shape.Output, input.dtype);
        fixed (byte* from = input.bytes, to = output.bytes, noted = taps.bytes)
        {
            MaxPoolingKernel.Of(input.dtype).Select(from, noted, to, shape);
        }

        return output;
    }
}
