using Inception.Operators;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Inception;

/// <summary>Convolution → batch normalization, if any → ReLU: torchvision's <c>BasicConv2d</c>. (N, in, H, W) → (N, out, H', W').</summary>
/// <remarks>State keys: <c>conv.weight</c>, then <c>conv.bias</c> or <c>bn.*</c>. <c>conv</c> and <c>bn</c> hold parameters; the block applies them, so hooks belong on the block.</remarks>
internal sealed class ConvBnRelu : Module<Tensor, Tensor>
{
    // Named as the state keys: registration finds modules by their fields.
    private readonly Conv2d conv;
    private readonly BatchNorm2d? bn;
    private readonly int kernel;
    private readonly int stride;
    private readonly bool padsAsymmetrically;

    /// <summary>A square convolution from <paramref name="inChannels"/> to <paramref name="outChannels"/> channels.</summary>
    public ConvBnRelu(int inChannels, int outChannels, int kernel, BlockOptions options, int stride = 1, double initialBias = 0)
        : base(nameof(ConvBnRelu))
    {
        this.kernel = kernel;
        this.stride = stride;
        InitialBias = initialBias;
        padsAsymmetrically = options.Padding == PaddingRule.Same && stride > 1;
        var hasNorm = options.Normalization == Normalization.BatchNorm;
        conv = Conv2d(inChannels, outChannels, kernel, stride, padsAsymmetrically ? 0 : kernel / 2, bias: !hasNorm);
        ChannelsLast.ConvertFilters(conv.weight);
        register_module(nameof(conv), conv);
        if (hasNorm)
        {
            bn = BatchNorm2d(outChannels, options.BatchNormEpsilon, options.BatchNormMomentum);
            register_module(nameof(bn), bn);
        }
    }

    /// <summary>The convolution; its bias is null where <see cref="Norm"/> is not.</summary>
    public Conv2d Conv => conv;

    /// <summary>Batch normalization, if any.</summary>
    public BatchNorm2d? Norm => bn;

    /// <summary>What the bias starts from.</summary>
    public double InitialBias { get; }

    /// <summary>The block's state key in its network, for messages.</summary>
    public string Key { get; set; } = nameof(ConvBnRelu);

    /// <inheritdoc/>
    public override Tensor forward(Tensor x)
    {
        using var padded = padsAsymmetrically ? Pad(x) : null;
        var (input, padding) = padded is null ? (x, kernel / 2) : (padded, 0);
        if (bn is null)
        {
            return Ops.Conv2d(input, conv.weight, conv.bias, stride, padding, relu: true);
        }

        using var y = Ops.Conv2d(input, conv.weight, bias: null, stride, padding);
        CheckVariance(y);
        return Ops.BatchNormRelu(y, bn);
    }

    /// <summary>Refuses what the block's batch normalization would have no variance of.</summary>
    /// <param name="y">Its input, (N, C, H, W).</param>
    /// <exception cref="InvalidOperationException">In training, there is one value for each channel.</exception>
    public void CheckVariance(Tensor y)
    {
        if (bn is { training: true } && y.numel() == y.size(1) && !Ops.SharesStatistics)
        {
            throw new InvalidOperationException(
                $"In training the batch normalization of '{Key}' got a batch of one image and one pixel, ({string.Join(", ", y.shape)}): one value for each channel has no variance. "
                + "Batches need two images at least, the last one of an epoch and parts of batches too; or freeze the layer.");
        }
    }

    // TensorFlow's rule "same": the odd zero at the bottom and right.
    private Tensor Pad(Tensor x)
    {
        var (top, bottom) = Geometry.ConvolutionPadding((int)x.size(2), kernel, stride, PaddingRule.Same);
        var (left, right) = Geometry.ConvolutionPadding((int)x.size(3), kernel, stride, PaddingRule.Same);
        return functional.pad(x, (left, right, top, bottom));
    }
}
