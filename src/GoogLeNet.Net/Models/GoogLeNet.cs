using Inception.Operators;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Inception;

/// <summary>
/// GoogLeNet (Szegedy et al., "Going deeper with convolutions", arXiv:1409.4842) built from a <see cref="GoogLeNetSpec"/>: the trunk of
/// convolutions, poolings and Inception blocks, auxiliary classifiers where the spec puts them, global average pooling, dropout and the
/// classifier. Images (N, 3, H, W) → logits (N, classes) of each head.
/// </summary>
public sealed class GoogLeNet : MultiHeadModel
{
    /// <summary>Name of the main head in outputs and metrics.</summary>
    public const string MainHead = GoogLeNetSpec.MainHead;

    private readonly List<(Module<Tensor, Tensor> Layer, List<AuxiliaryClassifier> Auxiliaries)> trunk = [];
    private readonly Linear fc;
    private readonly int minInputSize;

    // The weights are still to be filled.
    private GoogLeNet(int numClasses, GoogLeNetSpec spec)
        : base(nameof(GoogLeNet))
    {
        NumClasses = numClasses;
        Spec = spec;
        minInputSize = spec.SmallestInputSize()!.Value;
        int channels = spec.InputChannels, size = spec.InputSize;
        foreach (var layer in spec.Layers)
        {
            var module = Build(layer, channels);
            register_module(GoogLeNetSpec.KeyOf(layer), module);
            channels = GoogLeNetSpec.OutputChannels(layer, channels);
            size = spec.OutputSize(layer, size);

            var heads = new List<AuxiliaryClassifier>();
            foreach (var head in spec.Auxiliaries.Where(head => head.After == layer.Name))
            {
                heads.Add(AuxiliaryClassifier.WithoutWeights(head, channels, size, numClasses, spec.Blocks));
                register_module(head.Name, heads[^1]);
            }

            trunk.Add((module, heads));
        }

        fc = Linear(channels, numClasses);
        register_module(GoogLeNetSpec.ClassifierKey, fc);
        foreach (var (key, block) in named_modules())
        {
            if (block is ConvBnRelu conv)
            {
                conv.Key = key;
            }
        }

        Heads = [new(MainHead, 1), .. trunk.SelectMany(stage => stage.Auxiliaries).Select(head => new Head(head.Spec.Name, head.Spec.Weight))];
    }

    /// <summary>The network as data; what the heads of the spec left open is explicit here.</summary>
    public GoogLeNetSpec Spec { get; }

    /// <inheritdoc/>
    public override int NumClasses { get; }

    /// <inheritdoc/>
    public override int InputSize => Spec.InputSize;

    /// <inheritdoc/>
    public override int InputChannels => Spec.InputChannels;

    /// <inheritdoc/>
    public override IReadOnlyList<Head> Heads { get; }

    /// <summary>The spec and the number of classes as JSON.</summary>
    public override string Configuration => new ModelDescription(NumClasses, Spec).ToJson();

    /// <summary>Whether the spec has a whitening whose filters were not computed yet; random ones stand in for them.</summary>
    public override bool NeedsInitialization => FirstWhitening is { IsFitted: false };

    /// <inheritdoc/>
    protected internal override IReadOnlyList<string> ClassifierKeys => [.. Spec.Auxiliaries.Select(head => $"{head.Name}.fc2."), $"{GoogLeNetSpec.ClassifierKey}."];

    private Whitening? FirstWhitening => trunk[0].Layer as Whitening;

    /// <summary>Builds a network with freshly drawn weights.</summary>
    /// <param name="numClasses">Classes to tell apart, at least 1.</param>
    /// <param name="spec">The network; <see cref="GoogLeNetSpec.Paper"/> when omitted.</param>
    /// <param name="seed">Seed of the weights: the same seed gives the same weights on any machine.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="numClasses"/> is less than 1.</exception>
    /// <exception cref="ArgumentException">The spec is impossible; the message names the field and what would be allowed.</exception>
    public static GoogLeNet Create(int numClasses, GoogLeNetSpec? spec = null, int seed = 0)
    {
        var model = WithoutWeights(numClasses, spec ?? GoogLeNetSpec.Paper);
        WeightInitialization.Apply(model, model.Spec.Blocks, seed);
        return model;
    }

    /// <summary>
    /// Builds the network that a model file describes, with its weights, class names and preprocessing; of a checkpoint with averaged weights those, with which its run ends.
    /// </summary>
    /// <param name="path">A file of <see cref="MultiHeadModel.SaveWeights"/>, or a checkpoint of the trainer.</param>
    /// <param name="ownTypes">Poolings of your own that the file names; null for none.</param>
    /// <returns>A network on the CPU in evaluation mode, ready to predict; the caller disposes it.</returns>
    /// <exception cref="ModelFileException">
    /// The file is damaged, no safetensors file, or does not say which GoogLeNet it holds; where that is known, <see cref="Create"/> and <see cref="MultiHeadModel.LoadWeights"/> read it.
    /// </exception>
    /// <exception cref="WeightsException">The file's tensors are not those of the network that it names.</exception>
    /// <exception cref="IOException">The file does not exist or cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be read, or is a folder.</exception>
    public static GoogLeNet Load(string path, IReadOnlyList<Type>? ownTypes = null) => NetworkWeights.Load(SafeTensorsFile.Read(path), path, ownTypes);

    /// <summary>
    /// The network that is deployed: a copy without auxiliary classifiers, in evaluation mode, on the same device, whose main head gives
    /// the same logits bit for bit.
    /// </summary>
    /// <returns>A network of its own, which the caller disposes. This one is unchanged and shares no memory with it.</returns>
    public GoogLeNet WithoutAuxiliaries() => NetworkWeights.Derive(this, Spec with { Auxiliaries = [] });

    /// <summary>
    /// The network for other classes, to be fine-tuned: a copy in evaluation mode on the same device, with this one's weights and preprocessing, but for the last layer of each head, which is
    /// freshly drawn. Its classes have no names yet, and nothing in it is frozen.
    /// </summary>
    /// <param name="numClasses">Classes to tell apart, at least 1.</param>
    /// <param name="seed">Seed of the new layers' weights.</param>
    /// <returns>A network of its own, which the caller disposes. This one is unchanged and shares no memory with it.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="numClasses"/> is less than 1.</exception>
    public GoogLeNet WithClasses(int numClasses, int seed = 0) => NetworkWeights.WithClasses(this, numClasses, seed);

    /// <summary>
    /// A network for inference whose convolutions contain their batch normalization: weight w · γ / √(σ² + ε) and bias β − μ · γ / √(σ² + ε),
    /// from the running statistics μ and σ². Up to rounding it computes what the main head computes in evaluation mode.
    /// </summary>
    /// <returns>
    /// A network of its own, which the caller disposes: in evaluation mode, on the same device, without auxiliary classifiers, its spec with
    /// <see cref="Normalization.None"/>. This one is unchanged.
    /// </returns>
    /// <exception cref="InvalidOperationException">The network has no batch normalization.</exception>
    public GoogLeNet FoldBatchNorm() => NetworkWeights.FoldBatchNorm(this);

    /// <summary>
    /// The network for fast inference: in float32 on a CPU compiled (<see cref="CompiledNetwork"/>), on a GPU and in other types with batch normalization folded into the convolutions. Up to rounding it
    /// computes what the main head computes in evaluation mode. Any number of threads may use it at once.
    /// </summary>
    /// <returns>A classifier of its own, which the caller disposes. This network is unchanged and shares no memory with it.</returns>
    public CompiledGoogLeNet Compile() => new(this);

    /// <summary>Computes the filters of the spec's whitening from training images. <see cref="Training.MultiHeadTrainer"/> does it by itself.</summary>
    /// <param name="images">(N, C, H, W), float32, with the validation transforms, on the network's device; about 5,000 are enough.</param>
    /// <exception cref="InvalidOperationException">The spec has no whitening.</exception>
    /// <exception cref="ArgumentException">The images do not fit the network, or are not all finite.</exception>
    public override void InitializeFrom(Tensor images)
    {
        ArgumentNullException.ThrowIfNull(images);
        var whitening = FirstWhitening ?? throw new InvalidOperationException($"'{Spec.Name}' has no whitening to compute from images.");
        CheckInput(images);
        whitening.Fit(images);
    }

    /// <summary>A table of layers, output shapes and parameters.</summary>
    public ModelSummary Summary() => new(this);

    /// <summary>The structure alone.</summary>
    internal static GoogLeNet WithoutWeights(int numClasses, GoogLeNetSpec spec)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(numClasses, 1);
        TorchRuntime.EnsureLoaded();
        spec.Validate();
        var network = new GoogLeNet(numClasses, spec.WithExplicitHeads());

        // Whatever the process's default is: the trainer and the kernels take float32.
        return get_default_dtype() == ScalarType.Float32 ? network : network.to(ScalarType.Float32);
    }

    /// <summary>Refuses images that do not fit a network.</summary>
    internal static void CheckInput(Tensor images, GoogLeNetSpec spec, int minInputSize, Device device, ScalarType type)
    {
        var shape = images.shape;
        if (shape is [0, _, _, _])
        {
            throw new ArgumentException("The batch has no images.", nameof(images));
        }

        if (shape.Length == 4 && shape[1] != spec.InputChannels)
        {
            throw new ArgumentException($"The images have {shape[1]} channel{(shape[1] == 1 ? "" : "s")}; '{spec.Name}' takes {spec.InputChannels}.", nameof(images));
        }

        if (shape.Length != 4 || shape[2] < minInputSize || shape[3] < minInputSize)
        {
            throw new ArgumentException(
                $"The input's shape is ({string.Join(", ", shape)}); '{spec.Name}' takes (N, {spec.InputChannels}, H, W) "
                + $"with H and W of at least {minInputSize} pixels.", nameof(images));
        }

        if (images.device_type != device.type || images.device_index != device.index)
        {
            throw new ArgumentException($"The input is on {images.device}; the network is on {device}.", nameof(images));
        }

        if (images.dtype != type)
        {
            throw new ArgumentException($"The input is of type {images.dtype}; the network's weights are {type}.", nameof(images));
        }
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The input's rank, channels, size, device or type does not fit; the message says what does. The
    /// heads fit images of about <see cref="InputSize"/> only, unless their pooling is adaptive.</exception>
    protected override MultiHeadOutput Compute(Tensor images, bool withAuxiliaries)
    {
        CheckInput(images);
        using var scope = NewDisposeScope();
        var heads = new List<HeadOutput>();
        var x = images.alias();
        foreach (var (layer, auxiliaries) in trunk)
        {
            using var input = x;
            x = layer.call(input);
            if (withAuxiliaries)
            {
                heads.AddRange(auxiliaries.Select(head => new HeadOutput(head.Spec.Name, head.call(x))));
            }
        }

        using var features = x;                                             // (N, 1024, 7, 7)
        using var pooled = features.mean([2, 3]);                           // (N, 1024)
        using var kept = Ops.Dropout(pooled, Spec.Dropout, training);
        var output = new MultiHeadOutput(new HeadOutput(MainHead, fc.call(kept)), heads);
        foreach (var head in output.Heads)
        {
            head.Logits.MoveToOuterDisposeScope();
        }

        return output;
    }

    /// <inheritdoc/>
    internal override MultiHeadOutput AllHeads(Tensor images, TrainingPass pass)
    {
        using var scope = Ops.Begin(pass);
        return AllHeads(images);
    }

    private Module<Tensor, Tensor> Build(LayerSpec layer, int channels) => layer switch
    {
        WhiteningSpec whitening => new Whitening(channels, whitening),
        ConvolutionSpec c => new ConvBnRelu(channels, c.Channels, c.Kernel, Spec.Blocks, c.Stride, c.Bias),
        MaxPoolSpec pool => new MaxPool(pool.Kernel, pool.Stride, Spec.Pooling),
        LocalResponseNormSpec norm => new LocalResponseNorm(norm),
        InceptionSpec block => InceptionModule.WithoutWeights(block, channels, Spec.Blocks),
        _ => throw new NotSupportedException($"{layer.GetType().Name} is not a layer of GoogLeNet's trunk."),
    };

    private void CheckInput(Tensor images) => CheckInput(images, Spec, minInputSize, fc.weight.device, fc.weight.dtype);
}
