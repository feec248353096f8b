using Inception.Operators;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Inception;

/// <summary>What an <see cref="AuxiliaryPooling"/> of your own computes.</summary>
public interface IPoolingOperator
{
    /// <summary>Pools a feature map.</summary>
    /// <param name="features">(N, C, H, W).</param>
    /// <returns>(N, C, <see cref="AuxiliaryPooling.OutputSize"/>(H), <see cref="AuxiliaryPooling.OutputSize"/>(W)), differentiable by the features.</returns>
    Tensor Pool(Tensor features);
}

/// <summary>
/// The side head of section 5 of Szegedy et al. (arXiv:1409.4842): pooling → 1×1 convolution → hidden layer with ReLU → dropout → classifier.
/// (N, in, H, W) → logits (N, classes).
/// </summary>
/// <remarks>State keys are torchvision's: <c>conv</c>, <c>fc1</c>, <c>fc2</c>.</remarks>
public sealed class AuxiliaryClassifier : Module<Tensor, Tensor>
{
    private readonly ConvBnRelu conv;
    private readonly Linear fc1;
    private readonly Linear fc2;
    private readonly AuxiliaryPooling pooling;
    private readonly int inputSize;
    private readonly int pooledSize;

    /// <summary>Builds the head with freshly drawn weights.</summary>
    /// <param name="spec">Pooling, widths, dropout.</param>
    /// <param name="inChannels">Channels of the input, at least 1.</param>
    /// <param name="inputSize">Height and width in pixels of the input; it fixes the hidden layer's inputs.</param>
    /// <param name="numClasses">Classes, at least 1.</param>
    /// <param name="options">Normalization, padding and the like; the paper's when omitted.</param>
    /// <param name="seed">Seed of the weights.</param>
    /// <exception cref="ArgumentOutOfRangeException">A count is less than 1, or the input is too small for the pooling.</exception>
    /// <exception cref="ArgumentException">A field of the spec is impossible; the message names it.</exception>
    public AuxiliaryClassifier(
        AuxiliarySpec spec, int inChannels, int inputSize, int numClasses, BlockOptions? options = null, int seed = 0)
        : this(spec, inChannels, inputSize, numClasses, options ?? new BlockOptions())
        => WeightInitialization.Apply(this, options ?? new BlockOptions(), seed);

    private AuxiliaryClassifier(AuxiliarySpec spec, int inChannels, int inputSize, int numClasses, BlockOptions blocks)
        : base(nameof(AuxiliaryClassifier))
    {
        ArgumentNullException.ThrowIfNull(spec);
        ArgumentOutOfRangeException.ThrowIfLessThan(inChannels, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(numClasses, 1);
        GoogLeNetSpec.ValidateHead(spec);
        TorchRuntime.EnsureLoaded();
        this.inputSize = inputSize;
        (pooling, var hidden) = spec.On(inputSize);
        Spec = spec with { Pooling = pooling, Hidden = hidden };
        pooledSize = pooling.OutputSize(inputSize);
        if (pooledSize < 1)
        {
            throw new ArgumentOutOfRangeException(
                nameof(inputSize), inputSize, $"The pooling of '{spec.Name}' has no output for a feature map of that size.");
        }

        conv = new ConvBnRelu(inChannels, spec.Channels, kernel: 1, blocks, initialBias: spec.Bias);
        fc1 = Linear((long)spec.Channels * pooledSize * pooledSize, hidden);
        fc2 = Linear(hidden, numClasses);
        register_module(nameof(conv), conv);
        register_module(nameof(fc1), fc1);
        register_module(nameof(fc2), fc2);
    }

    /// <summary>Pooling, widths, dropout, weight: what the spec left open is explicit here.</summary>
    public AuxiliarySpec Spec { get; }

    /// <summary>Bias of the hidden layer, which starts from the spec's value.</summary>
    internal Tensor? HiddenBias => fc1.bias;

    /// <summary>The structure alone: the network that contains the head draws all weights at once.</summary>
    internal static AuxiliaryClassifier WithoutWeights(AuxiliarySpec spec, int inChannels, int inputSize, int numClasses, BlockOptions blocks) =>
        new(spec, inChannels, inputSize, numClasses, blocks);

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The feature map's size does not fit the hidden layer.</exception>
    public override Tensor forward(Tensor input)
    {
        CheckSize(input);
        using var pooled = Pool(input);                          // (N, 528, 14, 14) → (N, 528, 4, 4)
        using var projected = conv.call(pooled);                 // (N, 128, 4, 4)
        using var features = projected.flatten(1);               // (N, 2048)
        using var weighted = fc1.call(features);                 // (N, 1024)
        using var hidden = functional.relu(weighted, inplace: true);
        using var kept = Ops.Dropout(hidden, Spec.Dropout, training);
        return fc2.call(kept);
    }

    private void CheckSize(Tensor input)
    {
        long height = input.size(2), width = input.size(3);
        if (pooling.OutputSize((int)height) != pooledSize || pooling.OutputSize((int)width) != pooledSize)
        {
            throw new ArgumentException(
                $"The head '{Spec.Name}' was built for feature maps of {inputSize}×{inputSize} pixels; this one is {height}×{width}.", nameof(input));
        }
    }

    private Tensor Pool(Tensor input) => pooling switch
    {
        AveragePooling average => functional.avg_pool2d(input, (average.Kernel, average.Kernel), (average.Stride, average.Stride)),
        AdaptiveAveragePooling adaptive => functional.adaptive_avg_pool2d(input, (adaptive.Size, adaptive.Size)),
        IPoolingOperator own => own.Pool(input),
        _ => throw new NotSupportedException($"The pooling {pooling.GetType().Name} does not implement {nameof(IPoolingOperator)}."),
    };
}
