using Inception.Architecture;
using Inception.Kernels;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Inception;

/// <summary>Convolution → batch normalisation, if any → ReLU, if not left to a later layer. State keys: <c>conv.weight</c>, then <c>conv.bias</c> or <c>bn.*</c>.</summary>
/// <remarks>
/// On a CPU 3×3 convolutions are a kernel of the library's own (<see cref="ConvolutionFunction"/>), those of a folded network another one (<see cref="PatchConvolution"/>), and
/// in training normalisation and ReLU a third (<see cref="NormalizationFunction"/>): forward hooks of <c>conv</c> and <c>bn</c> do not run there.
/// </remarks>
internal sealed class ConvolutionBlock : Module<Tensor, Tensor>
{
    // What computes the convolution.
    private enum Algorithm
    {
        Libtorch,
        Winograd,
        Patches,
    }

    // Named as the state keys: registration finds modules by their fields.
    private readonly Conv2d conv;
    private readonly BatchNorm2d? bn;
    private readonly int kernel;
    private readonly int stride;
    private readonly bool padsAsymmetrically;

    /// <summary>A square convolution from <paramref name="inChannels"/> to <paramref name="outChannels"/> channels.</summary>
    public ConvolutionBlock(int inChannels, int outChannels, int kernel, BlockOptions options, int stride = 1, double initialBias = 0)
        : base(nameof(ConvolutionBlock))
    {
        this.kernel = kernel;
        this.stride = stride;
        OutChannels = outChannels;
        InitialBias = initialBias;
        padsAsymmetrically = options.Padding == PaddingRule.Same && stride > 1;
        var hasNorm = options.Normalization == Normalization.BatchNorm;
        conv = Conv2d(inChannels, outChannels, kernel, stride, padsAsymmetrically ? 0 : kernel / 2, bias: !hasNorm);
        register_module(nameof(conv), conv);
        if (hasNorm)
        {
            bn = BatchNorm2d(outChannels, options.BatchNormEpsilon, options.BatchNormMomentum);
            register_module(nameof(bn), bn);
        }
    }

    /// <summary>The convolution; its bias is null where <see cref="Norm"/> is not.</summary>
    public Conv2d Conv => conv;

    /// <summary>Batch normalisation, if any.</summary>
    public BatchNorm2d? Norm => bn;

    /// <summary>Channels of the output.</summary>
    public int OutChannels { get; }

    /// <summary>What the bias starts from.</summary>
    public double InitialBias { get; }

    /// <summary>Whether a later layer computes the ReLU.</summary>
    public bool LeavesRelu { get; set; }

    /// <inheritdoc/>
    public override Tensor forward(Tensor input)
    {
        if (ByKernel(input) is { } result)
        {
            return result;
        }

        if (!padsAsymmetrically)
        {
            var isProduct = kernel == 1 && stride == 1 && PointwiseConvolution.IsProduct(input);
            return Finish(isProduct ? PointwiseConvolution.Multiply(input, conv.weight, conv.bias) : conv.call(input));
        }

        var (top, bottom) = Geometry.ConvolutionPadding((int)input.shape[2], kernel, stride, PaddingRule.Same);
        var (left, right) = Geometry.ConvolutionPadding((int)input.shape[3], kernel, stride, PaddingRule.Same);
        using var padded = functional.pad(input, (left, right, top, bottom));
        return Finish(conv.call(padded));
    }

    /// <summary>
    /// What transforms the filters, if need be, and what computes the outputs then, where no gradient is asked for, in the caller's dispose scope. None where the convolution has
    /// batch normalisation, and where libtorch computes it.
    /// </summary>
    /// <param name="input">(N, in, H, W).</param>
    /// <param name="output">(N, out, H, W): images that lie channels last, or some of their channels.</param>
    public (KernelCall? Filters, KernelCall Outputs)? Prepare(Tensor input, Tensor output) => (bn is null ? Choose(input) : Algorithm.Libtorch) switch
    {
        Algorithm.Winograd => ConvolutionFunction.Calls(input, conv.weight, conv.bias!, !LeavesRelu, output),
        Algorithm.Patches => (null, PatchConvolution.Call(input, conv.weight, conv.bias!, !LeavesRelu, output)),
        _ => null,
    };

    // The fastest.
    private Algorithm Choose(Tensor input) =>
        stride != 1 ? Algorithm.Libtorch
        : kernel == 3 && ConvolutionFunction.Takes(input, conv) ? Algorithm.Winograd
        : PatchConvolution.Takes(input, conv.weight) ? Algorithm.Patches
        : Algorithm.Libtorch;

    // ReLU is part of the kernels where no gradient is asked for. Null where libtorch computes it.
    private Tensor? ByKernel(Tensor input)
    {
        var fused = bn is null && !LeavesRelu && !is_grad_enabled();
        var convolved = Choose(input) switch
        {
            Algorithm.Winograd => ConvolutionFunction.Convolve(input, conv.weight, conv.bias, fused),
            Algorithm.Patches => PatchConvolution.Convolve(input, conv.weight, conv.bias, fused),
            _ => null,
        };
        return convolved is null || fused ? convolved : Finish(convolved);
    }

    private Tensor Finish(Tensor convolved)
    {
        if (bn is null)
        {
            return Activate(convolved);
        }

        using (convolved)
        {
            return NormalizationFunction.Takes(convolved, bn)
                ? NormalizationFunction.Normalize(convolved, [bn], relu: !LeavesRelu)
                : Activate(bn.call(convolved));
        }
    }

    private Tensor Activate(Tensor result)
    {
        if (LeavesRelu)
        {
            return result;
        }

        using (result)
        {
            return functional.relu(result, inplace: true);
        }
    }
}
