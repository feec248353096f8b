using Inception.Architecture;
using Inception.Kernels;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Inception;

/// <summary>
/// The Inception block of figure 2(b) of Szegedy et al. (arXiv:1409.4842): four parallel branches on one input (1×1; 1×1 then 3×3; 1×1 then
/// 5×5; 3×3 max pooling then 1×1), concatenated on the channels in that order. (N, in, H, W) → (N, <see cref="OutChannels"/>, H, W).
/// </summary>
/// <remarks>State keys are torchvision's: <c>branch1</c>, <c>branch2.0</c>, <c>branch2.1</c>, <c>branch3.0</c>, <c>branch3.1</c>, <c>branch4.1</c>. In a folded network kernels of the
/// library's own compute the whole block on a CPU where they take it: forward hooks of its layers do not run there.</remarks>
public sealed class InceptionModule : Module<Tensor, Tensor>
{
    private readonly ConvolutionBlock branch1;
    private readonly Chain branch2;
    private readonly Chain branch3;
    private readonly Chain branch4;
    private readonly MergedConvolutions readers;
    private readonly InceptionKernels kernels;

    /// <summary>Builds the block with freshly drawn weights.</summary>
    /// <param name="spec">Widths of the branches.</param>
    /// <param name="inChannels">Channels of the input, at least 1.</param>
    /// <param name="options">Normalisation, padding and the like; the paper's when omitted.</param>
    /// <param name="seed">Seed of the weights: the same seed gives the same weights on any machine.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="inChannels"/> is less than 1.</exception>
    /// <exception cref="ArgumentException">A width is less than 1; the message names it.</exception>
    public InceptionModule(InceptionSpec spec, int inChannels, BlockOptions? options = null, int seed = 0)
        : this(spec, inChannels, options ?? new BlockOptions())
        => WeightInitialization.Apply(this, options ?? new BlockOptions(), seed);

    private InceptionModule(InceptionSpec spec, int inChannels, BlockOptions blocks)
        : base(nameof(InceptionModule))
    {
        ArgumentNullException.ThrowIfNull(spec);
        ArgumentOutOfRangeException.ThrowIfLessThan(inChannels, 1);
        GoogLeNetSpec.ValidateLayer(spec);
        Spec = spec;
        InChannels = inChannels;
        ConvolutionBlock Convolution(int from, int to, int kernel) => new(from, to, kernel, blocks, initialBias: blocks.InceptionBias);

        branch1 = Convolution(inChannels, spec.Conv1x1, kernel: 1);
        var reduce3x3 = Convolution(inChannels, spec.Reduce3x3, kernel: 1);
        var reduce5x5 = Convolution(inChannels, spec.Reduce5x5, kernel: 1);
        readers = new([branch1, reduce3x3, reduce5x5]);
        ConvolutionBlock[] after3x3 = [Convolution(spec.Reduce3x3, spec.Conv3x3, kernel: 3)];
        ConvolutionBlock[] after5x5 = blocks.Branch5x5 == Branch5x5.TwoConv3x3
            ? [Convolution(spec.Reduce5x5, spec.Conv5x5, kernel: 3), Convolution(spec.Conv5x5, spec.Conv5x5, kernel: 3)]
            : [Convolution(spec.Reduce5x5, spec.Conv5x5, kernel: blocks.Branch5x5 == Branch5x5.Conv5x5 ? 5 : 3)];
        var pool = new MaxPooling(kernel: 3, stride: 1, PoolingRule.Floor);
        var projection = Convolution(inChannels, spec.PoolProjection, kernel: 1);
        branch2 = new Chain([reduce3x3, .. after3x3]);
        branch3 = new Chain([reduce5x5, .. after5x5]);
        branch4 = new Chain(pool, projection);
        kernels = new(spec, readers, after3x3, after5x5, pool, projection);

        register_module(nameof(branch1), branch1);
        register_module(nameof(branch2), branch2);
        register_module(nameof(branch3), branch3);
        register_module(nameof(branch4), branch4);
    }

    /// <summary>Widths of the branches.</summary>
    public InceptionSpec Spec { get; }

    /// <summary>Channels of the input.</summary>
    public int InChannels { get; }

    /// <summary>Channels of the output.</summary>
    public int OutChannels => Spec.OutChannels;

    /// <summary>The structure alone: the network that contains the block draws all weights at once.</summary>
    internal static InceptionModule WithoutWeights(InceptionSpec spec, int inChannels, BlockOptions blocks) =>
        new(spec, inChannels, blocks);

    /// <summary>Lays out the weights of a block without batch normalisation for inference.</summary>
    internal void LayReadersTogether() => readers.LayTogether();

    /// <inheritdoc/>
    public override Tensor forward(Tensor input)
    {
        if (kernels.Call(input) is { } output)
        {
            return output;
        }

        var read = readers.Call(input);
        using var conv1x1 = read[0];
        using var conv3x3 = branch2.AfterFirst(read[1]);
        using var conv5x5 = branch3.AfterFirst(read[2]);
        using var projection = branch4.call(input);
        return cat([conv1x1, conv3x3, conv5x5, projection], dim: 1);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            readers.Release();
        }

        base.Dispose(disposing);
    }
}
