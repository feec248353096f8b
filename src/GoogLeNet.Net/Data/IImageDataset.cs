using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text.Json;
using static TorchSharp.torch;

namespace Inception.Data;

/// <summary>Labeled images that are read by index, many at a time: in memory or in files.</summary>
public interface IImageDataset
{
    /// <summary>Number of images N, at least 1.</summary>
    long Count { get; }

    /// <summary>Channels, height and width of every image.</summary>
    ImageShape Shape { get; }

    /// <summary>Where the labels are, and the images that are read.</summary>
    Device Device { get; }

    /// <summary>Name of class k at index k.</summary>
    IReadOnlyList<string> ClassNames { get; }

    /// <summary>Class numbers, int64 (N), each in [0, number of classes). Owned by the data set.</summary>
    Tensor Labels { get; }

    /// <summary>
    /// Whether reading takes so long, as from files, that it should go on while a network works: batches and evaluations are then read ahead on background threads. Default false.
    /// </summary>
    bool IsStreamed => false;

    /// <summary>How pictures of other proportions were brought to the images' size, so that a picture to be classified is treated alike. Default <see cref="ImageFit.Crop"/>.</summary>
    ImageFit Fit => ImageFit.Crop;

    /// <summary>
    /// Tells this data set from others, so that a run is not continued on other images: equal for equal images, labels and class names. Default a SHA-256 of them, for which every
    /// image is read once.
    /// </summary>
    string Fingerprint => ImageDatasets.Fingerprint(this);

    /// <summary>Reads images. May be called from several threads at once; the same indices give the same images.</summary>
    /// <param name="indices">Which, each 0 to <see cref="Count"/> − 1, in any order and as often as wanted; at least one.</param>
    /// <param name="cancellationToken">Stops the reading.</param>
    /// <returns>A new tensor, uint8 (n, C, H, W), values 0 to 255, on <see cref="Device"/>; it belongs to the caller's dispose scope.</returns>
    /// <exception cref="ArgumentOutOfRangeException">There is no such image.</exception>
    /// <exception cref="DatasetException">A picture cannot be read.</exception>
    /// <exception cref="OperationCanceledException">The token was canceled.</exception>
    Tensor Read(IReadOnlyList<long> indices, CancellationToken cancellationToken = default);

    /// <summary>
    /// Reads a window of each image, resized. A data set whose pictures are larger than its images cuts it out of the picture. Default: out of the images that <see cref="Read"/> gives.
    /// </summary>
    /// <param name="indices">Which images, as for <see cref="Read"/>.</param>
    /// <param name="crop">Chooses the windows.</param>
    /// <param name="context">What the choice depends on: a sample for each index, in their order.</param>
    /// <param name="cancellationToken">Stops the reading.</param>
    /// <returns>A new tensor (n, C, size, size), values 0 to 255, uint8 or float32, on <see cref="Device"/>; it belongs to the caller's dispose scope.</returns>
    /// <exception cref="ArgumentOutOfRangeException">There is no such image.</exception>
    /// <exception cref="DatasetException">A picture cannot be read.</exception>
    /// <exception cref="OperationCanceledException">The token was canceled.</exception>
    Tensor ReadCrops(IReadOnlyList<long> indices, ICropTransform crop, BatchContext context, CancellationToken cancellationToken = default) =>
        ImageDatasets.Cropped(this, indices, crop, context, cancellationToken);
}

/// <summary>What one image is.</summary>
/// <param name="Channels">3 for RGB, 1 for gray.</param>
/// <param name="Height">Height in pixels.</param>
/// <param name="Width">Width in pixels.</param>
public readonly record struct ImageShape(int Channels, int Height, int Width)
{
    /// <summary>Numbers in an image, each a byte as it is read.</summary>
    internal long Bytes => (long)Channels * Height * Width;
}

/// <summary>What networks demand of a data set.</summary>
internal static class ImageDatasets
{
    private const long BytesAtOnce = 1 << 24;

    // A picture may take 400 MB.
    private const int MostPicturesAhead = 8;

    /// <summary>Refuses classes that are called otherwise, or stand in another order: their numbers would mean other classes.</summary>
    /// <param name="names">Names of the classes; empty where they are unknown.</param>
    /// <param name="whose">Whose they are, in the message.</param>
    /// <param name="expected">The names that they must be; empty where they are unknown.</param>
    /// <param name="expectedOf">Whose these are.</param>
    /// <param name="name">The parameter that messages name.</param>
    /// <exception cref="ArgumentException">They differ.</exception>
    public static void CheckClassNames(IReadOnlyList<string> names, string whose, IReadOnlyList<string> expected, string expectedOf, string name)
    {
        if (names.Count > 0 && expected.Count > 0 && !names.SequenceEqual(expected))
        {
            throw new ArgumentException($"{whose} classes are {Listed(names)}; {expectedOf} are {Listed(expected)}. They must be the same in the same order.", name);
        }

        static string Listed(IReadOnlyList<string> names) => string.Join(", ", names.Take(12)) + (names.Count > 12 ? $" … ({names.Count} in all)" : "");
    }

    /// <summary>A number that says which images, labels and class names a data set has; waits for the data set's device.</summary>
    public static string Fingerprint(IImageDataset dataset)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(JsonSerializer.SerializeToUtf8Bytes(dataset.ClassNames, DataContext.Default.IReadOnlyListString));
        var (count, shape) = (dataset.Count, dataset.Shape);
        hash.AppendData(JsonSerializer.SerializeToUtf8Bytes([count, shape.Channels, shape.Height, shape.Width], DataContext.Default.Int64Array));
        foreach (var (first, images) in dataset.Parts())
        {
            using var scope = NewDisposeScope();
#pragma warning disable RS0030 // Once, before a run's first checkpoint.
            hash.AppendData(dataset.Labels.narrow(0, first, images.shape[0]).cpu().contiguous().bytes);
            hash.AppendData(images.cpu().contiguous().bytes);
#pragma warning restore RS0030
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>All images in the data set's order, part by part; each is disposed when the next is taken.</summary>
    /// <param name="dataset">The data set; a streamed one is read ahead by one part.</param>
    /// <param name="atOnce">Images in a part; null for about 16 MB of them.</param>
    /// <param name="cancellationToken">Stops the reading.</param>
    public static IEnumerable<(long First, Tensor Images)> Parts(this IImageDataset dataset, int? atOnce = null, CancellationToken cancellationToken = default)
    {
        var size = atOnce ?? (int)Math.Clamp(BytesAtOnce / dataset.Shape.Bytes, 1, BytesAtOnce);
        return InOrder(dataset.Count, size, (first, count, token) => dataset.Read([.. Enumerable.Range(0, count).Select(i => first + i)], token), dataset.IsStreamed ? 1 : 0, cancellationToken);
    }

    /// <summary>As <see cref="Parts"/>, picture by picture: uint8 (1, C, H, W), each of its own height and width.</summary>
    public static IEnumerable<(long First, Tensor Images)> WholePictures(this ImageFolderDataset dataset, CancellationToken cancellationToken) =>
        InOrder(dataset.Count, 1, (i, _, _) => dataset.ReadWhole(i), ahead: Math.Min(Environment.ProcessorCount, MostPicturesAhead), cancellationToken);

    /// <summary>The windows of images as they are read; in the caller's dispose scope.</summary>
    public static Tensor Cropped(IImageDataset dataset, IReadOnlyList<long> indices, ICropTransform crop, BatchContext context, CancellationToken cancellationToken)
    {
        using var images = dataset.Read(indices, cancellationToken);
        return crop.Apply(images, context);
    }

    private static IEnumerable<(long First, Tensor Images)> InOrder(
        long count, int size, Func<long, int, CancellationToken, Tensor> read, int ahead, CancellationToken cancellationToken)
    {
        var parts = (int)((count + size - 1) / size);
        using var prefetcher = ahead > 0 ? new Prefetcher<Tensor>(0, parts, Read, images => images.Dispose(), ahead, cancellationToken) : null;
        for (var part = 0; part < parts; part++)
        {
            using var images = prefetcher?.Take() ?? Read(part, cancellationToken);
            yield return ((long)part * size, images);
        }

        Tensor Read(int part, CancellationToken token) => read((long)part * size, (int)Math.Min(size, count - ((long)part * size)), token);
    }

    /// <summary>Refuses indices that are none of a data set's.</summary>
    /// <exception cref="ArgumentException">One is out of range, or there are none.</exception>
    public static void CheckIndices(IReadOnlyList<long> indices, long count)
    {
        ArgumentNullException.ThrowIfNull(indices);
        if (indices.Count == 0)
        {
            throw new ArgumentException("There are no indices; name one image at least.", nameof(indices));
        }

        foreach (var index in indices)
        {
            if (index < 0 || index >= count)
            {
                throw new ArgumentOutOfRangeException(nameof(indices), index, $"There is no image {index}; the data set has 0 to {count - 1}.");
            }
        }
    }

    /// <summary>The images of a stratified subset, ascending.</summary>
    /// <exception cref="ArgumentOutOfRangeException">n is below 1 or above the number of images.</exception>
    public static long[] Stratified(this IImageDataset dataset, int n, int seed) => n >= 1 && n <= dataset.Count
        ? StratifiedSample.Choose(dataset.HostLabels(), dataset.ClassNames.Count, n, seed)
        : throw new ArgumentOutOfRangeException(nameof(n), n, $"The data set has {dataset.Count} images; take 1 to {dataset.Count}.");

    /// <summary>The images of both parts of a split, ascending.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A part would have no images.</exception>
    public static (long[] Train, long[] Validation) SplitOf(this IImageDataset dataset, int validationCount, int seed)
    {
        if (validationCount < 1 || validationCount >= dataset.Count)
        {
            throw new ArgumentOutOfRangeException(
                nameof(validationCount), validationCount, $"The data set has {dataset.Count} images; split off 1 to {dataset.Count - 1}.");
        }

        var validation = StratifiedSample.ChooseInProportion(dataset.HostLabels(), dataset.ClassNames.Count, validationCount, seed);
        return ([.. Enumerable.Range(0, (int)dataset.Count).Select(i => (long)i).Except(validation)], validation);
    }

    /// <summary>A fraction of a data set's images, rounded to whole images.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The fraction is out of range.</exception>
    public static int ShareOf(this IImageDataset dataset, double validationFraction) => validationFraction is > 0 and < 1
        ? (int)Math.Round(validationFraction * dataset.Count)
        : throw new ArgumentOutOfRangeException(
            nameof(validationFraction), validationFraction, $"validationFraction is {validationFraction}; it must be more than 0 and less than 1.");

    /// <summary>The labels of all images, in the host's memory; waits for the data set's device.</summary>
    public static long[] HostLabels(this IImageDataset dataset)
    {
#pragma warning disable RS0030 // Once, before training.
        using var scope = NewDisposeScope();
        return dataset.Labels.cpu().contiguous().data<long>().ToArray();
#pragma warning restore RS0030
    }

    /// <summary>Refuses a data set that does not go with a network; waits for the data set's device.</summary>
    /// <param name="dataset">The data set.</param>
    /// <param name="classes">Classes of the network.</param>
    /// <param name="name">The parameter that messages name.</param>
    /// <exception cref="ArgumentException">It is empty, has another number of classes or labels outside them.</exception>
    public static void Check(IImageDataset dataset, int classes, [CallerArgumentExpression(nameof(dataset))] string name = "")
    {
        ArgumentNullException.ThrowIfNull(dataset, name);
        if (dataset.Count < 1)
        {
            throw new ArgumentException("The data set has no images.", name);
        }

        if (dataset.ClassNames.Count != classes)
        {
            throw new ArgumentException($"The data set has {dataset.ClassNames.Count} classes and the model {classes}; they must agree.", name);
        }

        using var scope = NewDisposeScope();
        var labels = dataset.Labels;
#pragma warning disable RS0030 // Once, before a run or an evaluation.
        var (low, high) = (labels.min().item<long>(), labels.max().item<long>());
#pragma warning restore RS0030
        if (low < 0 || high >= classes)
        {
            throw new ArgumentException($"Labels must be 0 to {classes - 1} with {classes} classes; they reach from {low} to {high}.", name);
        }
    }
}

/// <summary>A data set or a picture that is missing, damaged or cannot be fetched. <see cref="Exception.Message"/> is one line fit for a user.</summary>
public sealed class DatasetException : IOException
{
    /// <summary>Creates the exception with a general message.</summary>
    public DatasetException()
        : base("The data set cannot be read.") { }

    /// <summary>Creates the exception.</summary>
    /// <param name="message">One line: what was expected, what was found, what to do.</param>
    public DatasetException(string message)
        : base(message) { }

    /// <summary>Creates the exception.</summary>
    /// <param name="message">One line: what was expected, what was found, what to do.</param>
    /// <param name="innerException">The error behind it.</param>
    public DatasetException(string message, Exception innerException)
        : base(message, innerException) { }
}

/// <summary>How many of a data set's images are done.</summary>
/// <param name="Done">Images that are read, skipped ones included, or handed to the device.</param>
/// <param name="Total">Images of the data set.</param>
public readonly record struct ImageProgress(long Done, long Total);
