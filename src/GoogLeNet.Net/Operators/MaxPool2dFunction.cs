using Inception.Kernels;
using TorchSharp;
using static TorchSharp.torch;

namespace Inception.Operators;

/// <summary>Max pooling by <see cref="MaxPoolKernel"/>.</summary>
internal sealed class MaxPool2dFunction : autograd.SingleTensorFunction<MaxPool2dFunction>
{
    /// <inheritdoc/>
    public override string Name => nameof(MaxPool2dFunction);

    /// <summary>True for channels-last CPU images with channels enough to fill the kernel's vectors, and windows whose pixels a byte can number.</summary>
    /// <param name="input">(N, C, H, W).</param>
    /// <param name="shape">The pooling.</param>
    public static bool IsSupported(Tensor input, Pool2dShape shape) =>
        shape.Kernel * shape.Kernel <= byte.MaxValue && shape.Rows >= 1 && shape.Columns >= 1 && TensorViews.IsChannelsLast(input, MaxPoolKernel.Block);

    /// <summary>(N, C, H, W) → (N, C, H', W'), both channels last.</summary>
    public static Tensor Pool(Tensor input, Pool2dShape shape)
    {
        using var scope = NewDisposeScope();
        var output = is_grad_enabled() && input.requires_grad ? apply(input, shape) : Forward(input, shape, indices: null);
        return output.MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        var (input, shape) = ((Tensor)vars[0], (Pool2dShape)vars[1]);
        var indices = empty([shape.Images, shape.Rows, shape.Columns, shape.Channels], ScalarType.Byte);
        ctx.save_for_backward([indices]);
        ctx.save_data(nameof(Pool2dShape), shape);
        return Forward(input, shape, indices);
    }

    /// <inheritdoc/>
    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
    {
        using var scope = NewDisposeScope();
        using var received = grad_output;
        var (indices, shape) = (ctx.get_saved_variables()[0], (Pool2dShape)ctx.get_data(nameof(Pool2dShape)));
        var result = is_grad_enabled() ? Scatter(received, indices, shape) : InputGradient(received, indices, shape);
        Gradients.DisposeAfterNextBackward(result.MoveToOuterDisposeScope());
        return [result, null!];
    }

    private static Tensor InputGradient(Tensor gradient, Tensor indices, Pool2dShape shape)
    {
        var result = TensorViews.EmptyImages(shape.Images, shape.Channels, shape.Height, shape.Width, gradient.dtype);
        var pixels = ChannelsLast.Pixels(gradient);
        ParallelFor.Run(get_num_threads(), MaxPoolKernel.For(gradient.ElementType()).InputGradient(pixels.Address(), indices.Address(), result.View().Address, shape));
        return result;
    }

    // The same by libtorch's operators, which can be differentiated again.
    private static Tensor Scatter(Tensor gradient, Tensor indices, Pool2dShape shape)
    {
        var index = indices.to(ScalarType.Int64).permute(0, 3, 1, 2);                                       // (N, C, H', W')
        using Scalar kernel = shape.Kernel, stride = shape.Stride, top = shape.Top, left = shape.Left, width = shape.Width;
        var y = index.div(kernel, RoundingMode.floor).Plus(Arithmetic.Range(shape.Rows).mul(stride).sub(top).view(-1, 1));
        var x = index.remainder(kernel).Plus(Arithmetic.Range(shape.Columns).mul(stride).sub(left));
        var pixels = zeros([shape.Images, shape.Channels, shape.Height * shape.Width], gradient.dtype);
        return pixels.scatter_add(2, y.mul(width).Plus(x).flatten(2), gradient.flatten(2)).view(shape.Images, shape.Channels, shape.Height, shape.Width);
    }

    private static Tensor Forward(Tensor input, Pool2dShape shape, Tensor? indices)
    {
        var output = TensorViews.EmptyImages(shape.Images, shape.Channels, shape.Rows, shape.Columns, input.dtype);
        ParallelFor.Run(get_num_threads(), MaxPoolKernel.For(input.ElementType()).Forward(input.View().Address, output.View().Address, indices?.Address() ?? 0, shape));
        return output;
    }
}
