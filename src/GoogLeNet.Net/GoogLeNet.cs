using System.Text.Json;
using Inception.Architecture;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Inception;

/// <summary>
/// GoogLeNet (Szegedy et al., "Going deeper with convolutions", arXiv:1409.4842) built from a <see cref="GoogLeNetSpec"/>: the trunk of
/// convolutions, poolings and Inception blocks, auxiliary classifiers where the spec puts them, global average pooling, dropout and the
/// classifier. Images (N, 3, H, W) → logits (N, classes) of each head.
/// </summary>
public sealed partial class GoogLeNet : Module<Tensor, MultiHeadOutput>, IMultiHeadModel
{
    /// <summary>Name of the main head in outputs and metrics.</summary>
    public const string MainHead = "main";

    /// <summary>What the state keys of the main head start with.</summary>
    internal const string ClassifierKey = "fc";

    private readonly List<Stage> trunk = [];
    private readonly Linear fc;
    private readonly int smallestInput;
    private readonly long largestActivation;

    // The weights are still to be filled.
    private GoogLeNet(int numClasses, GoogLeNetSpec spec)
        : base(nameof(GoogLeNet))
    {
        NumClasses = numClasses;
        Spec = spec;
        smallestInput = spec.SmallestInputSize()!.Value;
        int channels = spec.InputChannels, size = spec.InputSize;
        foreach (var layer in spec.Layers)
        {
            var module = Build(layer, channels);
            register_module(KeyOf(layer), module);
            channels = GoogLeNetSpec.OutputChannels(layer, channels);
            size = spec.OutputSize(layer, size);
            largestActivation = Math.Max(largestActivation, (long)channels * size * size);

            var heads = new List<AuxiliaryClassifier>();
            foreach (var head in spec.Auxiliaries.Where(head => head.After == layer.Name))
            {
                heads.Add(AuxiliaryClassifier.WithoutWeights(head, channels, size, numClasses, spec.Blocks));
                register_module(head.Name, heads[^1]);
            }

            trunk.Add(new Stage(module, heads));
        }

        PoolBeforeRelu();
        fc = Linear(channels, numClasses);
        register_module(ClassifierKey, fc);
        Heads = [new(MainHead, 1), .. trunk.SelectMany(stage => stage.Auxiliaries).Select(head => new Head(head.Spec.Name, head.Spec.Weight))];
    }

    /// <summary>The network as data.</summary>
    public GoogLeNetSpec Spec { get; }

    /// <inheritdoc/>
    public int NumClasses { get; }

    /// <inheritdoc/>
    public int InputSize => Spec.InputSize;

    /// <inheritdoc/>
    public IReadOnlyList<Head> Heads { get; }

    /// <summary>The spec and the number of classes as JSON.</summary>
    public string Configuration => JsonSerializer.Serialize(new { NumClasses, Spec }, SpecJson.Options);

    /// <inheritdoc/>
    nn.Module IMultiHeadModel.Module => this;

    /// <summary>Builds a network with freshly drawn weights.</summary>
    /// <param name="numClasses">Classes to tell apart, at least 1.</param>
    /// <param name="spec">The network; <see cref="GoogLeNetSpec.Paper"/> when omitted.</param>
    /// <param name="seed">Seed of the weights: the same seed gives the same weights on any machine.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="numClasses"/> is less than 1.</exception>
    /// <exception cref="ArgumentException">The spec is impossible; the message names the field and what would be allowed.</exception>
    public static GoogLeNet Create(int numClasses, GoogLeNetSpec? spec = null, int seed = 0)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(numClasses, 1);
        TorchRuntime.EnsureLoaded();
        spec ??= GoogLeNetSpec.Paper;
        spec.Validate();
        var model = new GoogLeNet(numClasses, spec);
        WeightInitialization.Apply(model, spec.Blocks, seed);
        return model;
    }

    /// <summary>Computes the main head, and in training mode the auxiliary heads too.</summary>
    /// <param name="input">Images (N, C, H, W), floating point, on the network's device.</param>
    /// <exception cref="ArgumentException">The input's rank, channels, size, device or type does not fit; the message says what does. The
    /// heads fit images of about <see cref="InputSize"/> only, unless their pooling is adaptive.</exception>
    /// <remarks>In evaluation mode without gradients a CPU computes a large batch in parts whose activations fit its cache, as many at once as it has threads; hooks of
    /// layers are called on those threads then, once for each part.</remarks>
    public override MultiHeadOutput forward(Tensor input) => Forward(input, auxiliaries: training);

    /// <inheritdoc/>
    public MultiHeadOutput Forward(Tensor images, bool auxiliaries)
    {
        CheckInput(images);
        var logits = MayTakeParts(images) ? InCache(images, part => Compute(part, auxiliaries)) : Compute(images, auxiliaries);
        HeadOutput[] heads = [.. Heads.Zip(logits, (head, tensor) => new HeadOutput(head.Name, tensor))];
        return new MultiHeadOutput(heads[0], heads[1..]);
    }

    // The main head's logits, and then those of the auxiliary heads if they are asked for.
    private Tensor[] Compute(Tensor images, bool auxiliaries)
    {
        var ofHeads = new List<Tensor>();
        var x = images;
        foreach (var stage in trunk)
        {
            var y = stage.Layer.call(x);
            Release(x, images);
            x = y;
            if (auxiliaries)
            {
                ofHeads.AddRange(stage.Auxiliaries.Select(head => head.call(y)));
            }
        }

        using var pooled = x.mean([2, 3]);                                       // (N, 1024, 7, 7) → (N, 1024)
        Release(x, images);
        using var kept = functional.dropout(pooled, Spec.Dropout, training);
        return [fc.call(kept), .. ofHeads];
    }

    /// <summary>A table of layers, output shapes and parameters.</summary>
    public ModelSummary Summary() => new(this);

    /// <summary>What the state keys of a layer's parameters start with.</summary>
    internal static string KeyOf(LayerSpec layer) => layer is InceptionSpec ? $"inception{layer.Name}" : layer.Name;

    private Module<Tensor, Tensor> Build(LayerSpec layer, int channels) => layer switch
    {
        WhiteningSpec whitening => new Whitening(channels, whitening),
        ConvolutionSpec c => new ConvolutionBlock(channels, c.Channels, c.Kernel, Spec.Blocks, c.Stride, c.Bias),
        MaxPoolSpec pool => new MaxPooling(pool.Kernel, pool.Stride, Spec.Pooling),
        LocalResponseNormSpec norm => new LocalResponseNormalization(norm),
        InceptionSpec block => InceptionModule.WithoutWeights(block, channels, Spec.Blocks),
        _ => throw new NotSupportedException($"{layer.GetType().Name} is not a layer of GoogLeNet's trunk."),
    };

    // max(ReLU(x)) = ReLU(max(x)), gradients too: what stands right before a pooling in the paper is computed on the fewer numbers behind it.
    private void PoolBeforeRelu()
    {
        foreach (var (before, after) in trunk.Zip(trunk.Skip(1)))
        {
            if (before is { Layer: ConvolutionBlock convolution, Auxiliaries.Count: 0 } && after.Layer is MaxPooling pooling)
            {
                convolution.LeavesRelu = pooling.TakesRelu = true;
            }
        }
    }

    private void CheckInput(Tensor images)
    {
        var shape = images.shape;
        if (shape.Length != 4 || shape[1] != Spec.InputChannels || shape[2] < smallestInput || shape[3] < smallestInput)
        {
            throw new ArgumentException(
                $"The input's shape is ({string.Join(", ", shape)}); '{Spec.Name}' takes (N, {Spec.InputChannels}, H, W) "
                + $"with H and W of at least {smallestInput} pixels.", nameof(images));
        }

        var weight = fc.weight;
        if (images.device_type != weight.device_type || images.device_index != weight.device_index)
        {
            throw new ArgumentException($"The input is on {images.device}; the network is on {weight.device}.", nameof(images));
        }

        if (images.dtype != weight.dtype)
        {
            throw new ArgumentException($"The input is of type {images.dtype}; the network's weights are {weight.dtype}.", nameof(images));
        }
    }

    private static void Release(Tensor intermediate, Tensor input)
    {
        if (!ReferenceEquals(intermediate, input))
        {
            intermediate.Dispose();
        }
    }

    private sealed record Stage(Module<Tensor, Tensor> Layer, IReadOnlyList<AuxiliaryClassifier> Auxiliaries);
}
