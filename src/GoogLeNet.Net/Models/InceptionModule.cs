using Inception.Operators;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Inception;

/// <summary>
/// The Inception block of figure 2(b) of Szegedy et al. (arXiv:1409.4842): four parallel branches on one input (1×1; 1×1 then 3×3; 1×1 then
/// 5×5; 3×3 max pooling then 1×1), concatenated on the channels in that order. (N, in, H, W) → (N, <see cref="OutChannels"/>, H, W).
/// </summary>
/// <remarks>
/// State keys are torchvision's: <c>branch1</c>, <c>branch2.0</c>, <c>branch2.1</c>, <c>branch3.0</c>, <c>branch3.1</c>, <c>branch4.1</c>. The three 1×1 convolutions that
/// read the input run as one: hooks belong on the block.
/// </remarks>
public sealed class InceptionModule : Module<Tensor, Tensor>
{
    private readonly ConvBnRelu branch1;
    private readonly Branch<ConvBnRelu> branch2;
    private readonly Branch<ConvBnRelu> branch3;
    private readonly Branch<MaxPool> branch4;

    /// <summary>Builds the block with freshly drawn weights.</summary>
    /// <param name="spec">Widths of the branches.</param>
    /// <param name="inChannels">Channels of the input, at least 1.</param>
    /// <param name="options">Normalization, padding and the like; the paper's when omitted.</param>
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
        TorchRuntime.EnsureLoaded();
        Spec = spec;
        InChannels = inChannels;
        ConvBnRelu Conv(int from, int to, int kernel) => new(from, to, kernel, blocks, initialBias: blocks.InceptionBias);

        ConvBnRelu[] after5x5Reduction = blocks.Branch5x5 switch
        {
            Branch5x5.Conv5x5 => [Conv(spec.Reduce5x5, spec.Conv5x5, kernel: 5)],
            Branch5x5.Conv3x3 => [Conv(spec.Reduce5x5, spec.Conv5x5, kernel: 3)],
            _ => [Conv(spec.Reduce5x5, spec.Conv5x5, kernel: 3), Conv(spec.Conv5x5, spec.Conv5x5, kernel: 3)],
        };
        branch1 = Conv(inChannels, spec.Conv1x1, kernel: 1);
        branch2 = new(Conv(inChannels, spec.Reduce3x3, kernel: 1), Conv(spec.Reduce3x3, spec.Conv3x3, kernel: 3));
        branch3 = new(Conv(inChannels, spec.Reduce5x5, kernel: 1), after5x5Reduction);
        branch4 = new(new MaxPool(kernel: 3, stride: 1, PoolingRule.Floor), Conv(inChannels, spec.PoolProjection, kernel: 1));

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

    /// <inheritdoc/>
    public override Tensor forward(Tensor x)
    {
        // The 1×1 convolutions that read x run as one: the same numbers, one pass over x.
        var outputs = ParallelConv1x1.Apply(x, branch1, branch2.First, branch3.First);
        using var conv1x1 = outputs[0];
        using var conv3x3 = branch2.Rest(outputs[1]);
        using var conv5x5 = branch3.Rest(outputs[2]);
        using var pooled = branch4.call(x);
        return cat([conv1x1, conv3x3, conv5x5, pooled], dim: 1);
    }
}

/// <summary>A branch of an Inception block: layers one after another, with keys 0, 1, … Each intermediate result is released once the next layer has read it.</summary>
/// <typeparam name="TFirst">The type of the first layer.</typeparam>
internal sealed class Branch<TFirst> : Module<Tensor, Tensor> where TFirst : Module<Tensor, Tensor>
{
    // An array, because registration would take a field of a module's type for one more part, under the field's name.
    private readonly Module<Tensor, Tensor>[] layers;

    /// <summary>A branch of one layer at least.</summary>
    public Branch(TFirst first, params ConvBnRelu[] rest)
        : base("Branch")
    {
        layers = [first, .. rest];
        for (var i = 0; i < layers.Length; i++)
        {
            register_module($"{i}", layers[i]);
        }
    }

    /// <summary>The first layer.</summary>
    public TFirst First => (TFirst)layers[0];

    /// <inheritdoc/>
    public override Tensor forward(Tensor x) => Rest(First.call(x));

    /// <summary>Applies every layer but the first.</summary>
    /// <param name="x">The first layer's output. It is disposed, unless there is no other layer and it is the result.</param>
    public Tensor Rest(Tensor x)
    {
        foreach (var layer in layers.AsSpan(1))
        {
            using var previous = x;
            x = layer.call(previous);
        }

        return x;
    }
}

/// <summary>
/// Several 1×1 convolutions that read one input, computed as one (horizontally fused): the input is read once, and normalization and ReLU run once. The same numbers as one
/// by one; each block keeps its own parameters, buffers and state keys.
/// </summary>
internal static class ParallelConv1x1
{
    /// <summary>Each block's output, (N, its channels, H, W).</summary>
    /// <param name="x">(N, C, H, W).</param>
    /// <param name="blocks">1×1 convolutions with stride 1 from C channels, all with batch normalization or all without.</param>
    public static Tensor[] Apply(Tensor x, params ConvBnRelu[] blocks)
    {
        if (blocks.Any(block => block.Norm?.training != blocks[0].Norm?.training))
        {
            return [.. blocks.Select(block => block.call(x))]; // One of them is frozen.
        }

        blocks[0].CheckVariance(x);
        using var scope = NewDisposeScope();
        var weight = cat([.. blocks.Select(block => block.Conv.weight)]);
        var joined = blocks[0].Norm is null
            ? Ops.Conv2d(x, weight, cat([.. blocks.Select(block => block.Conv.bias!)]), stride: 1, padding: 0, relu: true)
            : Ops.BatchNormRelu(Ops.Conv2d(x, weight, bias: null, stride: 1, padding: 0), [.. blocks.Select(block => block.Norm!)]);

        // One operator for all parts: backwards it joins their gradients in one copy, where parts cut out one by one would each fill a whole of zeros.
        var outputs = joined.split([.. blocks.Select(block => block.Conv.weight.size(0))], dim: 1);
        foreach (var output in outputs)
        {
            output.MoveToOuterDisposeScope();
        }

        return outputs;
    }
}
