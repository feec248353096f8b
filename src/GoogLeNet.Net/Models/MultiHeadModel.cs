using static TorchSharp.torch;

namespace Inception;

/// <summary>A head of a network: its name in outputs and metrics, and the weight of its loss in the total.</summary>
/// <param name="Name">Unique among the network's heads.</param>
/// <param name="Weight">More than 0.</param>
public readonly record struct Head(string Name, double Weight);

/// <summary>What turns images into logits: a network, or a compiled one.</summary>
public interface IClassifier : IDisposable
{
    /// <summary>Classes that it tells apart.</summary>
    int NumClasses { get; }

    /// <summary>Height and width in pixels of the images that it is meant for.</summary>
    int InputSize { get; }

    /// <summary>Channels of the images: 3 for RGB, 1 for gray. Default 3.</summary>
    int InputChannels => 3;

    /// <summary>Where it computes.</summary>
    Device Device { get; }

    /// <summary>Name of class k at index k; empty where they are unknown.</summary>
    IReadOnlyList<string> ClassNames => [];

    /// <summary>What <see cref="Logits"/> are divided by before softmax gives probabilities, more than 0. Default 1.</summary>
    double Temperature => 1;

    /// <summary>The probability below which the most probable class is no answer, in [0, 1]. Default 0: there is always one.</summary>
    double MinimumConfidence => 0;

    /// <summary>How pictures become its input, where that is known.</summary>
    internal StoredPreprocessing? Preprocessing => null;

    /// <summary>Images (N, C, H, W), floating point, on <see cref="Device"/> → logits (N, <see cref="NumClasses"/>) of the main head.</summary>
    Tensor Logits(Tensor images);
}

/// <summary>A classifier with one or several heads over one input: what the trainer trains.</summary>
/// <param name="name">The module's name.</param>
public abstract class MultiHeadModel(string name) : nn.Module<Tensor, MultiHeadOutput>(name), IClassifier
{
    private static readonly Lock ProcessGenerator = new();
    private IReadOnlyList<string> classNames = [];
    private double temperature = 1;
    private double minimumConfidence;
    private readonly FrozenParts frozen = new();

    /// <summary>The heads, the main one first.</summary>
    public abstract IReadOnlyList<Head> Heads { get; }

    /// <inheritdoc/>
    public abstract int NumClasses { get; }

    /// <inheritdoc/>
    public abstract int InputSize { get; }

    /// <summary>Channels of the images: 3 for RGB, 1 for gray. Default 3.</summary>
    public virtual int InputChannels => 3;

    /// <summary>What the network is, in a form that another process can compare; kept in checkpoints.</summary>
    public abstract string Configuration { get; }

    /// <summary>
    /// Name of class k at index k; empty where they are unknown. <see cref="Training.MultiHeadTrainer.Fit"/> takes them from the training images, and model files keep them.
    /// </summary>
    /// <exception cref="ArgumentException">There are not as many as <see cref="NumClasses"/>.</exception>
    public IReadOnlyList<string> ClassNames
    {
        get => classNames;
        set
        {
            ArgumentNullException.ThrowIfNull(value);
            if (value.Count != 0 && value.Count != NumClasses)
            {
                throw new ArgumentException($"The network has {NumClasses} classes; they need as many names. These are {value.Count}: {string.Join(", ", value.Take(12))}.", nameof(value));
            }

            classNames = [.. value];
        }
    }

    /// <summary>
    /// What the main head's logits are divided by before softmax gives probabilities, more than 0; <see cref="Evaluation.TemperatureScaling.Calibrate"/> fits it. Predictions use it, files keep it,
    /// and training sets it back. Default 1.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">It is not a finite number more than 0.</exception>
    public double Temperature { get => temperature; set => temperature = Check.Positive(value, nameof(Temperature)); }

    /// <summary>
    /// The probability below which the most probable class is no answer, in [0, 1]: <see cref="Evaluation.Predictor"/> then gives none. Files keep it, and training sets it back. Default 0: there is
    /// always an answer.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">It is outside its range.</exception>
    public double MinimumConfidence { get => minimumConfidence; set => minimumConfidence = Check.UnitInterval(value, nameof(MinimumConfidence)); }

    /// <summary>Where the parameters are.</summary>
    public Device Device => parameters().First().device;

    /// <summary>How pictures become its input; the trainer says so, and files keep it.</summary>
    internal StoredPreprocessing? Preprocessing { get; set; }

    StoredPreprocessing? IClassifier.Preprocessing => Preprocessing;

    /// <summary>What the state keys of the heads' last layers begin with: those that <see cref="LoadWeights"/> leaves out for other classes, and that learn first in
    /// <see cref="Training.MultiHeadTrainer.FineTune"/>. Default none.</summary>
    protected internal virtual IReadOnlyList<string> ClassifierKeys => [];

    /// <summary>Whether a state key is of a head's last layer.</summary>
    internal bool IsClassifier(string key) => ClassifierKeys.Any(layer => key.StartsWith(layer, StringComparison.Ordinal));

    /// <summary>Freezes everything else, until it is disposed: then what was trained before is trained again.</summary>
    internal IDisposable TrainOnly(Func<string, bool> keys) => frozen.Hold(this, [.. this.State().Keys.Where(key => !keys(key))]);

    /// <summary>Writes a model file, whole or not at all: every parameter and buffer, what the network is, the names of its classes and how pictures become its input.</summary>
    /// <remarks>
    /// A safetensors file. Tensors stand under their state keys in row-major order, convolution weights as (out, in, height, width), whatever their layout in memory. The
    /// metadata: <c>format</c>, this library's <c>version</c>, <c>model</c> (the <see cref="Configuration"/>), <c>classNames</c>, <c>preprocessing</c>, and <c>temperature</c> and <c>minimumConfidence</c> where they were set.
    /// </remarks>
    /// <param name="path">The file; one that exists is replaced, and stays as it was where writing fails.</param>
    /// <exception cref="ObjectDisposedException">The network was disposed.</exception>
    /// <exception cref="IOException">The disk is full, or the folder does not exist.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder may not be written to.</exception>
    public void SaveWeights(string path) => NetworkWeights.Save(this, path);

    /// <summary>
    /// Copies the tensors of a model file into the parameters and buffers of the same keys, which stay the same objects on the same device: an optimizer that holds them goes
    /// on with the new values. Where everything fits, the file's class names, preprocessing and temperature are taken over, too.
    /// </summary>
    /// <remarks>The file may be one of <see cref="SaveWeights"/>, a checkpoint of the trainer, or another program's safetensors file with these keys.</remarks>
    /// <param name="path">The file.</param>
    /// <param name="strict">Whether every tensor must fit; otherwise those that fit are loaded and the result tells of the rest.</param>
    /// <param name="includeClassifiers">Whether the last layer of each head is loaded too. Otherwise the network keeps its own, which may have
    /// another number of classes than the file's: the start of fine-tuning.</param>
    /// <param name="averaged">
    /// Null for the weights that the file predicts with, as <see cref="GoogLeNet.Load"/>: averaged ones where it has such. True for those alone; false for those that training goes
    /// on with.
    /// </param>
    /// <returns>What was loaded and what did not fit; without the classifiers, where they are not included.</returns>
    /// <exception cref="WeightsException">With <paramref name="strict"/>, a tensor is missing, unexpected or misshapen; the network is unchanged.</exception>
    /// <exception cref="ModelFileException">The file is damaged, no safetensors file, of a newer format, or has class names that are not the network's; the network is unchanged.</exception>
    /// <exception cref="ArgumentException">
    /// With <paramref name="averaged"/> true, the file holds no averaged weights; without <paramref name="includeClassifiers"/>, the model does not say which layers they are. The
    /// network is unchanged.
    /// </exception>
    /// <exception cref="IOException">The file does not exist or cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be read, or is a folder.</exception>
    public WeightsReport LoadWeights(string path, bool strict = true, bool includeClassifiers = true, bool? averaged = null) =>
        NetworkWeights.Load(this, path, strict, includeClassifiers, averaged);

    /// <summary>A model of one head, <c>main</c>, around any network that turns images into logits: it is trained, evaluated and saved as every other.</summary>
    /// <param name="module">
    /// Images (N, C, H, W) → logits (N, <paramref name="numClasses"/>): a <c>Sequential</c>, one of <c>torchvision.models</c>, a network of one's own. The model owns and disposes it. State
    /// keys are the module's own.
    /// </param>
    /// <param name="numClasses">Classes that it tells apart, at least 1.</param>
    /// <param name="inputSize">Height and width in pixels of the images that it is meant for, at least 1.</param>
    /// <param name="inputChannels">Channels of the images, at least 1: 3 for RGB, 1 for gray.</param>
    /// <param name="classifierKeys">
    /// Its last layers by what their state keys begin with, as <c>fc</c> or <c>classifier.6</c>: those that <see cref="LoadWeights"/> may leave out, and that learn first in
    /// <see cref="Training.MultiHeadTrainer.FineTune"/>. Null where neither is needed.
    /// </param>
    /// <exception cref="ArgumentOutOfRangeException">A count is less than 1.</exception>
    /// <exception cref="ArgumentException">The module has no parameters, or none under one of the classifiers' keys.</exception>
    public static MultiHeadModel Wrap(nn.Module<Tensor, Tensor> module, int numClasses, int inputSize, int inputChannels = 3, IReadOnlyList<string>? classifierKeys = null)
    {
        ArgumentNullException.ThrowIfNull(module);
        ArgumentOutOfRangeException.ThrowIfLessThan(numClasses, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(inputSize, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(inputChannels, 1);
        return module.parameters().Any() ? new WrappedModel(module, numClasses, inputSize, inputChannels, classifierKeys ?? []) : throw new ArgumentException("The module has no parameters.", nameof(module));
    }

    /// <summary>
    /// Keeps parts of the network as they are: their parameters get no gradients, and their batch normalizations use and keep their running statistics in training too. Dropout is
    /// not changed.
    /// </summary>
    /// <param name="keys">
    /// Patterns of state keys, at least one, in which <c>*</c> stands for any characters and <c>?</c> for one. A pattern matches a whole key or the names that it starts with:
    /// <c>inception3?</c> is every key of the blocks 3a and 3b, <c>*.bias</c> every bias. Parts that are frozen already stay so.
    /// </param>
    /// <remarks>A batch normalization is kept still where all of its parameters are frozen. Files do not hold what is frozen: freeze before a run is resumed, as before it began.</remarks>
    /// <exception cref="ArgumentException">There is no pattern, or one matches nothing; nothing has changed.</exception>
    public void Freeze(params string[] keys) => frozen.Set(this, keys, isFrozen: true);

    /// <summary>Lets parts of the network be trained again.</summary>
    /// <param name="keys">Patterns as for <see cref="Freeze"/>; none for everything.</param>
    /// <exception cref="ArgumentException">A pattern matches nothing; nothing has changed.</exception>
    public void Unfreeze(params string[] keys) => frozen.Set(this, keys is [] ? ["*"] : keys, isFrozen: false);

    /// <summary>Switches to training or evaluation; what is frozen stays in evaluation.</summary>
    /// <param name="train">Whether to train.</param>
    public override void train(bool train = true)
    {
        base.train(train);
        frozen.KeepStill();
    }

    /// <summary>Computes the main head, and in training mode the auxiliary heads too.</summary>
    /// <param name="images">(N, C, H, W), floating point, on the network's device.</param>
    public sealed override MultiHeadOutput forward(Tensor images) => Compute(images, withAuxiliaries: training);

    /// <summary>Computes all heads, whatever the mode.</summary>
    /// <param name="images">(N, C, H, W), floating point, on the network's device.</param>
    public MultiHeadOutput AllHeads(Tensor images) => Compute(images, withAuxiliaries: true);

    /// <summary>Computes all heads in a step of training; what is random in it, as dropout, depends on the pass alone.</summary>
    /// <remarks>Layers of one's own draw from the process's generator, so one network at a time does; on a CPU the generator is afterwards as it was.</remarks>
    /// <param name="images">(N, C, H, W), floating point, on the network's device.</param>
    /// <param name="pass">The seed, and what of the batch the images are.</param>
    internal virtual MultiHeadOutput AllHeads(Tensor images, TrainingPass pass)
    {
        // Of a batch that processes share, each draws its own numbers.
        var seed = pass.Rows is { First: > 0 and var first } ? (long)new CounterRandom((ulong)pass.Seed).Bits(first) : pass.Seed;
        lock (ProcessGenerator)
        {
            using var before = get_rng_state();
            manual_seed(seed).Dispose();
            if (images.device_type == TorchSharp.DeviceType.CUDA)
            {
                cuda.manual_seed_all(seed);
            }

            try
            {
                return AllHeads(images);
            }
            finally
            {
                set_rng_state(before);
            }
        }
    }

    /// <inheritdoc/>
    public Tensor Logits(Tensor images)
    {
        var output = Compute(images, withAuxiliaries: false);
        foreach (var head in output.Auxiliaries)
        {
            head.Logits.Dispose();
        }

        return output.Logits;
    }

    /// <summary>
    /// Whether a first layer waits for training images to be initialized from, which the trainer does where a run begins; false for good once it has seen some, in this process or before it was
    /// saved. False for most networks.
    /// </summary>
    public virtual bool NeedsInitialization => false;

    /// <summary>Initializes that layer.</summary>
    /// <param name="images">Training images (N, C, H, W) with the validation transforms, float32, on the network's device; about 5,000 are enough.</param>
    /// <exception cref="InvalidOperationException">The network has none.</exception>
    /// <exception cref="ArgumentException">The images do not fit the network, or are not all finite.</exception>
    public virtual void InitializeFrom(Tensor images) => throw new InvalidOperationException("The network has no layer to compute from images.");

    /// <summary>Computes the heads.</summary>
    /// <param name="images">(N, C, H, W), floating point, on the network's device.</param>
    /// <param name="withAuxiliaries">Whether the auxiliary heads are computed too; the main one always is.</param>
    /// <returns>Logits (N, <see cref="NumClasses"/>) of each computed head.</returns>
    protected abstract MultiHeadOutput Compute(Tensor images, bool withAuxiliaries);
}
