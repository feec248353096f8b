using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Inception.Kernels;

/// <summary>A 3×3 convolution that keeps the images' size, of images that lie channels last on a CPU.</summary>
internal sealed class ConvolutionFunction : autograd.SingleTensorFunction<ConvolutionFunction>
{
    private const string Wanted = nameof(Wanted);

    /// <inheritdoc/>
    public override string Name => nameof(ConvolutionFunction);

    /// <summary>
    /// Whether the kernel takes such an input: one of those that <see cref="KernelInput"/> names, or some of their channels, of a 3×3 convolution with stride 1 and one pixel
    /// of zeros around, with <see cref="ConvolutionKernel.Suits">suitable</see> numbers of channels; and is faster than libtorch.
    /// </summary>
    /// <param name="input">(N, C, H, W).</param>
    /// <param name="layer">The convolution.</param>
    public static bool Takes(Tensor input, Conv2d layer)
    {
        var weight = layer.weight;
        if (!ProductKernel.IsAccelerated || !KernelInput.SuitsPartly(input, WinogradTiles.Block)
            || weight.dtype != input.dtype || weight.device_type != DeviceType.CPU || weight.shape[1] != input.shape[1])
        {
            return false;
        }

        var shape = Shape(input, weight.shape[0]);
        return ConvolutionKernel.Suits(shape.Inputs) && ConvolutionKernel.Suits(shape.Outputs)
            && (long)shape.Pixels * Math.Max(shape.Inputs, shape.Outputs) <= KernelInput.MostNumbers
            && ConvolutionKernel.Pays(shape, input.dtype);
    }

    /// <summary>(N, C, H, W) → (N, K, H, W), channels last.</summary>
    /// <param name="input">(N, C, H, W).</param>
    /// <param name="weight">(K, C, 3, 3).</param>
    /// <param name="bias">(K), or none.</param>
    /// <param name="relu">Whether ReLU follows; only where no gradient is asked for.</param>
    public static Tensor Convolve(Tensor input, Tensor weight, Tensor? bias = null, bool relu = false)
    {
        using var scope = NewDisposeScope();
        var wanted = is_grad_enabled() ? (OfInput: input.requires_grad, OfWeight: weight.requires_grad, OfBias: bias is { requires_grad: true }) : default;
        var output = wanted.OfInput || wanted.OfWeight || wanted.OfBias
            ? apply(input, weight, bias!, wanted)
            : Forward(input, weight, bias, relu);
        return output.MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        var (input, weight, bias) = ((Tensor)vars[0], (Tensor)vars[1], (Tensor?)vars[2]);
        ctx.save_for_backward([input, weight]);
        ctx.save_data(Wanted, vars[3]);
        return Forward(input, weight, bias, relu: false);
    }

    /// <inheritdoc/>
    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
    {
        using var scope = NewDisposeScope();
        using var received = grad_output;
        var (saved, wanted) = (ctx.get_saved_variables(), ((bool OfInput, bool OfWeight, bool OfBias))ctx.get_data(Wanted));
        var (input, weight) = (saved[0], saved[1]);
        Tensor?[] gradients =
        [
            wanted.OfInput ? OfInput(received, weight) : null,
            wanted.OfWeight ? ConvolutionGradient.Of(input, received, weight) : null,
            wanted.OfBias ? received.sum([0, 2, 3]) : null,
        ];
        foreach (var gradient in gradients)
        {
            gradient?.MoveToOuterDisposeScope();
        }

        Gradients.HandOver([.. gradients.OfType<Tensor>()]);
        return [.. gradients.Select(gradient => gradient!), null!];
    }

    /// <summary>The input's gradient, of the output's: the convolution with the filters turned by 180°.</summary>
    /// <param name="gradient">(N, K, H, W).</param>
    /// <param name="weight">(K, C, 3, 3).</param>
    internal static Tensor OfInput(Tensor gradient, Tensor weight) =>
        is_grad_enabled() ? Convolve(gradient, weight.flip(2, 3).transpose(0, 1)) : Forward(gradient, weight, bias: null, relu: false, reversed: true);

    /// <summary>The sizes.</summary>
    /// <param name="input">(N, C, H, W).</param>
    /// <param name="outputs">K.</param>
    internal static ConvolutionShape Shape(Tensor input, long outputs)
    {
        var sizes = input.shape;
        return new ConvolutionShape((int)sizes[0], (int)sizes[2], (int)sizes[3], (int)sizes[1], (int)outputs);
    }

    /// <summary>What transforms the filters, and what computes the convolution then, in the caller's dispose scope.</summary>
    /// <param name="input">(N, C, H, W).</param>
    /// <param name="weight">(K, C, 3, 3), of the input's type.</param>
    /// <param name="bias">(K).</param>
    /// <param name="relu">Whether ReLU follows.</param>
    /// <param name="output">(N, K, H, W): images that lie channels last, or some of their channels.</param>
    public static unsafe (KernelCall Filters, KernelCall Outputs) Calls(Tensor input, Tensor weight, Tensor bias, bool relu, Tensor output)
    {
        var shape = Shape(input, weight.shape[0]);
        return Calls(input, weight, bias, relu, output, shape, (float*)ChannelsMemory.Address(empty(ConvolutionKernel.Memory(shape))));
    }

    private static unsafe Tensor Forward(Tensor input, Tensor weight, Tensor? bias, bool relu, bool reversed = false)
    {
        var shape = Shape(input, weight.shape[reversed ? 1 : 0]);
        var output = KernelInput.Images(input, shape.Outputs);
        var (transform, convolve) = Calls(input, weight, bias, relu, output, shape, Scratch.OfCall(ConvolutionKernel.Memory(shape)), reversed);
        Ranges.Run(transform);
        Ranges.Run(convolve);
        return output;
    }

    private static unsafe (KernelCall Filters, KernelCall Outputs) Calls(
        Tensor input, Tensor weight, Tensor? bias, bool relu, Tensor output, ConvolutionShape shape, float* memory, bool reversed = false)
    {
        var dense = KernelInput.Filters(weight);
        var filters = FilterMemory.Of(dense, ChannelsMemory.Address(dense));
        filters = reversed ? filters.Reversed((int)weight.element_size()) : filters;
        return ConvolutionKernel.Of(input.dtype).Calls(
            ChannelsMemory.Of(input), filters, bias is null ? null : (byte*)ChannelsMemory.Address(bias), relu, ChannelsMemory.Of(output), shape, memory);
    }
}
