using Inception.Kernels;
using TorchSharp;
using static TorchSharp.torch;

namespace Inception.Operators;

/// <summary>A 3×3 convolution with stride 1 and padding 1 by <see cref="WinogradConv2d"/>.</summary>
internal sealed class Conv2dFunction : autograd.SingleTensorFunction<Conv2dFunction>
{
    private const string Wanted = nameof(Wanted);

    /// <inheritdoc/>
    public override string Name => nameof(Conv2dFunction);

    /// <summary>True for channels-last CPU images, or a slice of their channels, whose channel counts suit the kernel and which are large enough to beat libtorch.</summary>
    /// <param name="input">(N, C, H, W).</param>
    /// <param name="weight">(K, C, 3, 3).</param>
    public static bool IsSupported(Tensor input, Tensor weight)
    {
        if (!CpuFeatures.HasFusedMultiplyAdd || !TensorViews.IsChannelsLastOrSlice(input, TileTransform.Block)
            || weight.dtype != input.dtype || weight.device_type != DeviceType.CPU || weight.size(1) != input.size(1))
        {
            return false;
        }

        var shape = Shape(input, weight.size(0));
        return WinogradConv2d.IsSupported(shape.Inputs) && WinogradConv2d.IsSupported(shape.Outputs)
            && (long)shape.Pixels * Math.Max(shape.Inputs, shape.Outputs) <= TensorViews.MaxElements
            && WinogradConv2d.IsFaster(shape, input.ElementType());
    }

    /// <summary>(N, C, H, W) → (N, K, H, W), channels last.</summary>
    /// <param name="input">(N, C, H, W).</param>
    /// <param name="weight">(K, C, 3, 3).</param>
    /// <param name="bias">(K), or none.</param>
    /// <param name="relu">Whether ReLU follows; only where no gradient is recorded.</param>
    public static Tensor Convolve(Tensor input, Tensor weight, Tensor? bias = null, bool relu = false)
    {
        using var scope = NewDisposeScope();
        var wanted = is_grad_enabled() ? (Input: input.requires_grad, Weight: weight.requires_grad, Bias: bias is { requires_grad: true }) : default;
        var output = wanted.Input || wanted.Weight || wanted.Bias
            ? apply(input, weight, bias!, wanted)
            : Forward(input, weight.Filters(), weight.size(0), bias, relu);
        return output.MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        var (input, weight, bias) = ((Tensor)vars[0], (Tensor)vars[1], (Tensor?)vars[2]);
        ctx.save_for_backward([input, weight]);
        ctx.save_data(Wanted, vars[3]);
        return Forward(input, weight.Filters(), weight.size(0), bias, relu: false);
    }

    /// <inheritdoc/>
    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
    {
        using var scope = NewDisposeScope();
        using var received = grad_output;
        var (saved, wanted) = (ctx.get_saved_variables(), ((bool Input, bool Weight, bool Bias))ctx.get_data(Wanted));
        var (input, weight) = (saved[0], saved[1]);
        Tensor?[] gradients =
        [
            .. is_grad_enabled()
                ? Gradients.ByLibtorch(() => nn.functional.conv2d(input, weight, padding: [1, 1]), [input, weight], received)
                : [wanted.Input ? InputGradient(received, weight) : null, wanted.Weight ? WeightGradient(input, received, weight) : null],
            wanted.Bias ? received.sum([0, 2, 3]) : null,
        ];
        foreach (var gradient in gradients)
        {
            gradient?.MoveToOuterDisposeScope();
        }

        Gradients.DisposeAfterNextBackward([.. gradients.OfType<Tensor>()]);
        return [.. gradients.Select(gradient => gradient!), null!];
    }

    private static Conv2dShape Shape(Tensor input, long outputs) => new((int)input.size(0), (int)input.size(2), (int)input.size(3), (int)input.size(1), (int)outputs);

    private static Tensor Forward(Tensor input, FilterView filters, long outputs, Tensor? bias, bool relu)
    {
        var shape = Shape(input, outputs);
        var output = TensorViews.EmptyImages(shape.Images, shape.Outputs, shape.Height, shape.Width, input.dtype);
        WinogradConv2d.For(input.ElementType()).Convolve(input.View(), filters, bias?.Address() ?? 0, relu, output.View(), shape, get_num_threads());
        return output;
    }

    // The convolution of the output's gradient with the filters turned by 180°.
    private static Tensor InputGradient(Tensor gradient, Tensor weight) =>
        Forward(gradient, weight.Filters().Transposed((int)weight.element_size()), weight.size(1), bias: null, relu: false);

    // In the filters' memory layout.
    private static Tensor WeightGradient(Tensor input, Tensor gradient, Tensor weight)
    {
        var (outputs, inputs) = (weight.size(0), weight.size(1));
        var result = weight.stride(1) == 1
            ? TensorViews.EmptyImages(outputs, inputs, weight.size(2), weight.size(3), input.dtype)
            : empty(outputs, inputs, weight.size(2), weight.size(3), input.dtype);
        WinogradConv2d.For(input.ElementType()).WeightGradient(input.View(), gradient.View(), result.Filters(), Shape(input, outputs), get_num_threads());
        return result;
    }
}
