using Inception.Data;
using Microsoft.Extensions.Logging;
using TorchSharp;
using static TorchSharp.torch;

namespace Inception.Evaluation;

/// <summary>
/// Classifies images by one network or several, on one view or several: the probabilities of every network's main head on every view are averaged
/// (arXiv:1409.4842, section 7), networks with equal weights and each with its temperature, views with their own.
/// </summary>
/// <remarks>
/// Any number of threads may predict at once, also through several predictors of the same networks, as long as none of the networks is trained, moved or
/// disposed meanwhile.
/// </remarks>
public sealed class Predictor : IDisposable
{
    private const int PicturesAtOnce = 32;

    private readonly IReadOnlyList<EnsembleMember> members;
    private readonly bool ownsModels;
    private double minimumConfidence;

    /// <summary>A predictor of one network.</summary>
    /// <param name="model">The network, which stays owned by the caller.</param>
    /// <param name="preprocessing">As for <see cref="EnsembleMember"/>: null for what the network knows from its training or its file.</param>
    /// <param name="views">The views to average over; null for the image as it is.</param>
    /// <exception cref="ArgumentException">The network's file names transforms that are not this library's; give the preprocessing.</exception>
    public Predictor(IClassifier model, Preprocessing? preprocessing = null, IViews? views = null)
        : this([new EnsembleMember(model, preprocessing)], views)
    {
    }

    /// <summary>A predictor of an ensemble, whose networks may differ in everything but their classes.</summary>
    /// <param name="members">At least one network; they stay owned by the caller.</param>
    /// <param name="views">The views to average over; null for the image as it is.</param>
    /// <exception cref="ArgumentException">There is no network, or the networks have different classes.</exception>
    public Predictor(IReadOnlyList<EnsembleMember> members, IViews? views = null)
        : this(members, views, ownsModels: false)
    {
    }

    private Predictor(IReadOnlyList<EnsembleMember> members, IViews? views, bool ownsModels)
    {
        ArgumentNullException.ThrowIfNull(members);
        if (members.Count == 0)
        {
            throw new ArgumentException("An ensemble needs at least one network.", nameof(members));
        }

        if (members.Select(member => member.Model.NumClasses).Distinct().ToList() is { Count: > 1 } counts)
        {
            throw new ArgumentException(
                $"The networks of an ensemble must have the same classes; these have {string.Join(", ", counts)}.", nameof(members));
        }

        this.members = [.. members];
        this.ownsModels = ownsModels;
        minimumConfidence = members is [var single] ? single.Model.MinimumConfidence : 0;
        Views = views ?? new IdentityView();
        NumClasses = members[0].Model.NumClasses;
        KnownClassNames = members.FirstOrDefault(member => member.Model.ClassNames.Count > 0)?.Model.ClassNames ?? [];
        ClassNames = Prediction.Names(KnownClassNames, NumClasses);
        if (members.FirstOrDefault(member => member.Model.ClassNames.Count > 0 && !member.Model.ClassNames.SequenceEqual(KnownClassNames)) is { } other)
        {
            throw new ArgumentException(
                $"The networks of an ensemble must have the same classes in the same order; these have {string.Join(", ", KnownClassNames)} and {string.Join(", ", other.Model.ClassNames)}.",
                nameof(members));
        }
    }

    /// <summary>The views that predictions are averaged over.</summary>
    public IViews Views { get; }

    /// <summary>Number of classes of every network.</summary>
    public int NumClasses { get; }

    /// <summary>The networks.</summary>
    public IReadOnlyList<IClassifier> Models => [.. members.Select(member => member.Model)];

    /// <summary>Name of class k at index k; <c>class 0</c>, <c>class 1</c> … where the networks know no names.</summary>
    public IReadOnlyList<string> ClassNames { get; }

    /// <summary>
    /// The probability, in [0, 1], that the most probable class must reach: where it does not, <see cref="Classify(string, int)"/> and <see cref="ClassifyMany(Tensor, int, CancellationToken)"/> give
    /// an empty list, which means that the picture is unknown. Default the network's, which <see cref="TemperatureScaling.Calibrate"/> chooses where it is asked to; for several networks 0: there is
    /// always an answer.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">It is outside its range.</exception>
    public double MinimumConfidence { get => minimumConfidence; set => minimumConfidence = Check.UnitInterval(value, nameof(MinimumConfidence)); }

    /// <summary>The networks' own names of their classes; empty where they know none.</summary>
    internal IReadOnlyList<string> KnownClassNames { get; }

    /// <summary>Where predictions are: the device of the first network.</summary>
    internal Device Device => members[0].Model.Device;

    /// <summary>Whether the views are published protocols, which bring pictures of any size to sizes of their own.</summary>
    internal bool ScalesPictures => Views is CenterCropView or TenCrops or PaperCrops;

    private bool ReadsFitted => SeesTheWhole && members.Count == 1;

    // Other views choose their own part of a picture.
    private bool SeesTheWhole => Views is IdentityView or FlipViews or TranslationViews;

    /// <summary>A predictor from a model file: the network, compiled for its device, with its class names and its preprocessing.</summary>
    /// <param name="path">A file of <see cref="MultiHeadModel.SaveWeights"/>, or a checkpoint of the trainer.</param>
    /// <param name="views">The views to average over; null for the image as it is.</param>
    /// <param name="device">Where to compute; null for the CPU.</param>
    /// <param name="ownTypes">Transforms and poolings of your own that the file names.</param>
    /// <param name="logger">Warned where the file lacks class names or preprocessing, as files of earlier versions do; null for none.</param>
    /// <returns>A predictor that owns the network and disposes it.</returns>
    /// <exception cref="ModelFileException">The file is damaged, no safetensors file, does not say which GoogLeNet it holds, or names a transform that is not known.</exception>
    /// <exception cref="WeightsException">The file's tensors are not those of the network that it names.</exception>
    /// <exception cref="IOException">The file does not exist or cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be read, or is a folder.</exception>
    public static Predictor Load(string path, IViews? views = null, Device? device = null, IReadOnlyList<Type>? ownTypes = null, ILogger? logger = null) =>
        Load([path], views, device, ownTypes, logger);

    /// <summary>As <see cref="Load(string, IViews?, Device?, IReadOnlyList{Type}?, ILogger?)"/>, with an ensemble of several files.</summary>
    /// <param name="paths">At least one file.</param>
    /// <param name="views">The views to average over; null for the image as it is.</param>
    /// <param name="device">Where to compute; null for the CPU.</param>
    /// <param name="ownTypes">Transforms and poolings of your own that the files name.</param>
    /// <param name="logger">Warned of what files lack; null for none.</param>
    /// <exception cref="ArgumentException">There is no file, or the networks have different classes.</exception>
    /// <inheritdoc cref="Load(string, IViews?, Device?, IReadOnlyList{Type}?, ILogger?)"/>
    public static Predictor Load(
        IReadOnlyList<string> paths, IViews? views = null, Device? device = null, IReadOnlyList<Type>? ownTypes = null, ILogger? logger = null)
    {
        ArgumentNullException.ThrowIfNull(paths);
        var members = new List<EnsembleMember>();
        try
        {
            foreach (var path in paths)
            {
                members.Add(LoadMember(path, device, ownTypes ?? [], logger));
            }

            return new Predictor(members, views, ownsModels: true);
        }
        catch
        {
            members.ForEach(member => member.Model.Dispose());
            throw;
        }
    }

    /// <summary>Says what a picture shows.</summary>
    /// <param name="path">A picture file of any size; it is read as the training images were.</param>
    /// <param name="top">How many classes to return, at least 1; all where there are fewer.</param>
    /// <returns>The most probable classes, the most probable first; none where the most probable one is below <see cref="MinimumConfidence"/>.</returns>
    /// <exception cref="DatasetException">The picture is missing, damaged or of another kind; the message says which.</exception>
    /// <exception cref="ArgumentException">The views cannot be taken of the picture.</exception>
    public IReadOnlyList<Prediction> Classify(string path, int top = 1)
    {
        ArgumentNullException.ThrowIfNull(path);
        using var scope = NewDisposeScope();
        return Classify(Read(path), top);
    }

    /// <summary>Says what a picture shows.</summary>
    /// <param name="picture">A picture file's bytes.</param>
    /// <param name="top">How many classes to return, at least 1; all where there are fewer.</param>
    /// <inheritdoc cref="Classify(string, int)"/>
    public IReadOnlyList<Prediction> Classify(ReadOnlySpan<byte> picture, int top = 1)
    {
        using var scope = NewDisposeScope();
        return Classify(Decode(picture, "picture"), top);
    }

    /// <summary>Says what a picture shows.</summary>
    /// <param name="picture">A picture file's content, read to its end; it stays open.</param>
    /// <param name="top">How many classes to return, at least 1; all where there are fewer.</param>
    /// <inheritdoc cref="Classify(string, int)"/>
    public IReadOnlyList<Prediction> Classify(Stream picture, int top = 1)
    {
        ArgumentNullException.ThrowIfNull(picture);
        using var scope = NewDisposeScope();
        return Classify(Decode(ImageFile.ReadToEnd(picture, "picture"), "picture"), top);
    }

    /// <summary>Says what a picture shows.</summary>
    /// <param name="image">(C, H, W) or (1, C, H, W): uint8 with values 0 to 255, or float32 in the same units, of any size, on any device; left as it is.</param>
    /// <param name="top">How many classes to return, at least 1; all where there are fewer.</param>
    /// <returns>The most probable classes, the most probable first; none where the most probable one is below <see cref="MinimumConfidence"/>.</returns>
    /// <exception cref="ArgumentException">The image's shape, type or range is another; the message says what is wrong with it.</exception>
    public IReadOnlyList<Prediction> Classify(Tensor image, int top = 1)
    {
        ArgumentNullException.ThrowIfNull(image);
        if (image.ndim == 4 && image.shape[0] != 1)
        {
            throw new ArgumentException($"There are {image.shape[0]} images; ClassifyMany takes several.", nameof(image));
        }

        using var batch = image.ndim == 3 ? image.unsqueeze(0) : image.alias();
        return ClassifyMany(batch, top)[0];
    }

    /// <summary>Says what each of several pictures shows.</summary>
    /// <param name="paths">Picture files of any sizes.</param>
    /// <param name="top">How many classes to return of each, at least 1; all where there are fewer.</param>
    /// <param name="cancellationToken">Ends the work between two batches.</param>
    /// <returns>For each picture the most probable classes, the most probable first; none where that one is below <see cref="MinimumConfidence"/>.</returns>
    /// <exception cref="DatasetException">A picture is missing, damaged or of another kind; the message names it.</exception>
    /// <exception cref="OperationCanceledException">The token was canceled.</exception>
    public IReadOnlyList<IReadOnlyList<Prediction>> ClassifyMany(IReadOnlyList<string> paths, int top = 1, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(paths);
        var results = new List<IReadOnlyList<Prediction>>(paths.Count);
        foreach (var part in paths.Chunk(PicturesAtOnce))
        {
            cancellationToken.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            var pictures = part.Select(Read).ToArray();
            foreach (var alike in ReadsFitted ? [pictures] : pictures.Select(picture => new[] { picture }))
            {
                results.AddRange(ClassifyMany(stack(alike), top, cancellationToken));
            }
        }

        return results;
    }

    /// <summary>Says what each image of a batch shows.</summary>
    /// <param name="images">(N, C, H, W): uint8 with values 0 to 255, or float32 in the same units, on any device; left as it is.</param>
    /// <param name="top">How many classes to return of each, at least 1; all where there are fewer.</param>
    /// <param name="cancellationToken">Ends the work between two batches that the network sees: one view of all images, or several views of at most 24.</param>
    /// <returns>For each image the most probable classes, the most probable first; none where that one is below <see cref="MinimumConfidence"/>.</returns>
    /// <exception cref="ArgumentException">The images' shape, type or range is another; the message says what is wrong with them.</exception>
    /// <exception cref="OperationCanceledException">The token was canceled.</exception>
    public IReadOnlyList<IReadOnlyList<Prediction>> ClassifyMany(Tensor images, int top = 1, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(top, 1);
        using var scope = NewDisposeScope();
#pragma warning disable RS0030 // What a caller asks for is read back.
        var probabilities = Predict(images, cancellationToken).cpu().data<double>().ToArray();
#pragma warning restore RS0030
        return [.. probabilities.Chunk(NumClasses).Select(image => Prediction.Best(image, ClassNames, top, MinimumConfidence))];
    }

    /// <summary>Predicts in evaluation mode; afterwards the networks have the mode that they had before.</summary>
    /// <param name="images">
    /// (N, C, H, W), or a single image (C, H, W): uint8 with values 0 to 255, or float32 in the same units, on any device; left as it is. Images of another size than those of
    /// training are brought to that.
    /// </param>
    /// <param name="cancellationToken">Ends the work between two batches that the network sees: one view of all images, or several views of at most 24.</param>
    /// <returns>
    /// Probabilities, float64 (N, <see cref="NumClasses"/>), of a single image (<see cref="NumClasses"/>), on the device of the first network; those of an
    /// image add up to 1.
    /// </returns>
    /// <exception cref="ArgumentException">The images do not fit the views or a network, or are of another type or range.</exception>
    /// <exception cref="InvalidOperationException">A member's transforms end with images that are not float32.</exception>
    /// <exception cref="OperationCanceledException">The token was canceled.</exception>
    public Tensor Predict(Tensor images, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(images);
        CheckValues(images);
        using var mode = Evaluating();
        using var batch = images.ndim == 3 ? images.unsqueeze(0) : images.alias();
        using var logarithms = LogProbabilities(batch, cancellationToken);
        using var probabilities = logarithms.exp();
        return images.ndim == 3 ? probabilities.squeeze(0) : probabilities.alias();
    }

    /// <summary>Disposes the networks of <see cref="Load(string, IViews?, Device?, IReadOnlyList{Type}?, ILogger?)"/>; others stay the caller's.</summary>
    public void Dispose()
    {
        foreach (var member in ownsModels ? members : [])
        {
            member.Model.Dispose();
        }
    }

    /// <summary>Evaluation mode for all networks, until it is disposed.</summary>
    internal EvaluationMode Evaluating() => new([.. members.Select(member => member.Model).OfType<nn.Module>()]);

    /// <summary>Natural logarithms of what <see cref="Predict"/> gives, finite where a probability itself would round to 0; for networks that are in evaluation mode.</summary>
    internal Tensor LogProbabilities(Tensor images, CancellationToken cancellationToken)
    {
        if (images.shape is not [> 0, > 0, > 0, > 0])
        {
            throw new ArgumentException($"Images must be (N, C, H, W), or (C, H, W) for one, and not empty; they are ({string.Join(", ", images.shape)}).", nameof(images));
        }

        using var scope = NewDisposeScope();

        // Made before inference mode begins: the caller gets an ordinary tensor.
        var average = Arithmetic.Full([images.size(0), NumClasses], double.NegativeInfinity, ScalarType.Float64, Device);
        using var inference = inference_mode();
        foreach (var member in members)
        {
            var sent = images.SentTo(member.Model.Device);
            var raw = SeesTheWhole ? member.Fitted(sent) : sent;
            using var term = member.LogProbabilities(raw, Views, average.device, cancellationToken);
            using var sum = average.logaddexp(term.Add_(-Math.Log(members.Count)));
            average.copy_(sum);
        }

        return average.MoveToOuterDisposeScope();
    }

    private Tensor Read(string path) => Decode(ImageFile.ReadBytes(path), path);

    // Whole pictures where the views, or several networks, choose a part of them.
    private Tensor Decode(ReadOnlySpan<byte> picture, string name)
    {
        var (height, width, channels, fit) = members[0].PictureSize;
        if (channels is not (1 or 3))
        {
            throw new ArgumentException($"The network takes {channels} channels, and pictures have 3 or 1; hand over a tensor.", nameof(picture));
        }

        return ReadsFitted ? ImageFile.DecodeFitted(picture, name, height, width, fit, channels) : ImageFile.Decode(picture, name, channels);
    }

    private static EnsembleMember LoadMember(string path, Device? device, IReadOnlyList<Type> ownTypes, ILogger? logger)
    {
        using var network = GoogLeNet.Load(path, ownTypes);
        if (device is not null)
        {
            network.to(device);
        }

        try
        {
            // Read before the network is compiled, so that nothing is left behind where it cannot be.
            var preprocessing = network.GetPreprocessing(ownTypes);
            if (logger is not null && (preprocessing is null || network.ClassNames.Count == 0))
            {
                EvaluationLog.Lacks(logger, path, network.ClassNames.Count > 0 ? "preprocessing" : preprocessing is null ? "class names and preprocessing" : "class names");
            }

            return new EnsembleMember(network.Compile(), preprocessing);
        }
        catch (ArgumentException e)
        {
            throw ModelFileException.Of(path, $"cannot be used as it is. {e.Message}", e);
        }
    }

    private static void CheckValues(Tensor images)
    {
        if (images.dtype == ScalarType.Byte || images.numel() == 0)
        {
            return;
        }

        if (images.dtype != ScalarType.Float32)
        {
            throw new ArgumentException($"Images are {images.dtype}; they must be uint8, or float32 with values 0 to 255.", nameof(images));
        }

        using var scope = NewDisposeScope();
#pragma warning disable RS0030 // Floats may be in any units, so they are looked at; bytes are not.
        var (low, high) = (images.min().item<float>(), images.max().item<float>());
#pragma warning restore RS0030
        if (!(low >= 0 && high <= 255) || high is > 0 and <= 1)
        {
            throw new ArgumentException(
                FormattableString.Invariant($"The images' values are {low} to {high}; pictures have 0 to 255. ")
                + (high <= 1 && low >= 0 ? "Multiply values of 0 to 1 by 255." : "Hand them over before they are normalized: the predictor does what the training did."), nameof(images));
        }
    }
}

/// <summary>The log messages of predictors.</summary>
internal static partial class EvaluationLog
{
    [LoggerMessage(1, LogLevel.Warning, "{Path} lacks {Parts}, as files of untrained networks and of earlier versions do. Unless you give them, classes have numbers, and pictures are resized and scaled to [0, 1].")]
    public static partial void Lacks(ILogger logger, string path, string parts);
}
