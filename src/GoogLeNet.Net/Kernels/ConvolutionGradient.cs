using static TorchSharp.torch;

namespace Inception.Kernels;

/// <summary>The gradient of a convolution's filters as a function of its input and of its output's gradient.</summary>
internal sealed unsafe class ConvolutionGradient : autograd.SingleTensorFunction<ConvolutionGradient>
{
    /// <inheritdoc/>
    public override string Name => nameof(ConvolutionGradient);

    /// <summary>(K, C, 3, 3), which lies in memory as the filters do.</summary>
    /// <param name="input">(N, C, H, W).</param>
    /// <param name="gradient">(N, K, H, W).</param>
    /// <param name="weight">(K, C, 3, 3).</param>
    public static Tensor Of(Tensor input, Tensor gradient, Tensor weight)
    {
        var channelsLast = weight.stride(1) == 1;
        return is_grad_enabled() ? apply(input, gradient, channelsLast) : Compute(input, gradient, channelsLast);
    }

    /// <inheritdoc/>
    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        var (input, gradient) = ((Tensor)vars[0], (Tensor)vars[1]);
        ctx.save_for_backward([input, gradient]);
        return Compute(input, gradient, (bool)vars[2]);
    }

    /// <inheritdoc/>
    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
    {
        using var scope = NewDisposeScope();
        using var received = grad_output;
        var saved = ctx.get_saved_variables();
        var (ofInput, ofGradient) = (ConvolutionFunction.OfInput(saved[1], received), ConvolutionFunction.Convolve(saved[0], received));
        Gradients.HandOver(ofInput.MoveToOuterDisposeScope(), ofGradient.MoveToOuterDisposeScope());
        return [ofInput, ofGradient, null!];
    }

    private static Tensor Compute(Tensor input, Tensor gradient, bool channelsLast)
    {
        var (inputs, outputs) = (input.shape[1], gradient.shape[1]);
        var (from, inputStride) = KernelInput.Pixels(input);
        var (back, gradientStride) = KernelInput.Pixels(gradient);
        var result = channelsLast ? empty([outputs, Winograd.Filter, Winograd.Filter, inputs], input.dtype) : empty([outputs, inputs, Winograd.Filter, Winograd.Filter], input.dtype);
        fixed (byte* x = from.bytes, dy = back.bytes, filters = result.bytes)
        {
            ConvolutionKernel.Of(input.dtype).Differentiate(x, inputStride, dy, gradientStride, FilterMemory.Of(result, (nint)filters), ConvolutionFunction.Shape(input, outputs));
        }

        return channelsLast ? KernelInput.Images(result) : result;
    }
}
