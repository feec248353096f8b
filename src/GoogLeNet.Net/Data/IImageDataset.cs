using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text.Json;
using static TorchSharp.torch;

namespace Inception.Data;

/// <summary>Labeled images in memory, on one device.</summary>
public interface IImageDataset
{
    /// <summary>Number of images N, at least 1.</summary>
    long Count { get; }

    /// <summary>Name of class k at index k.</summary>
    IReadOnlyList<string> ClassNames { get; }

    /// <summary>Images, uint8 (N, C, H, W), values 0 to 255. Owned by the data set.</summary>
    Tensor Images { get; }

    /// <summary>Class numbers, int64 (N), each in [0, number of classes). Owned by the data set.</summary>
    Tensor Labels { get; }

    /// <summary>How pictures of other proportions were brought to the images' size, so that a picture to be classified is treated alike. Default <see cref="ImageFit.Crop"/>.</summary>
    ImageFit Fit => ImageFit.Crop;

    /// <summary>
    /// Tells this data set from others, so that a run is not continued on other images: equal for equal images, labels and class names. Default a SHA-256 of them, for which every
    /// image is read once.
    /// </summary>
    string Fingerprint => ImageDatasets.Fingerprint(this);
}

/// <summary>What networks demand of a data set.</summary>
internal static class ImageDatasets
{
    private const long BytesAtOnce = 1 << 24;

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
        hash.AppendData(JsonSerializer.SerializeToUtf8Bytes(dataset.Images.shape, DataContext.Default.Int64Array));
        var atOnce = Math.Max(1, BytesAtOnce / (dataset.Images.shape[1] * dataset.Images.shape[2] * dataset.Images.shape[3]));
        for (var first = 0L; first < dataset.Count; first += atOnce)
        {
            using var scope = NewDisposeScope();
            var count = Math.Min(atOnce, dataset.Count - first);
#pragma warning disable RS0030 // Once, before a run's first checkpoint.
            hash.AppendData(dataset.Labels.narrow(0, first, count).cpu().contiguous().bytes);
            hash.AppendData(dataset.Images.narrow(0, first, count).cpu().contiguous().bytes);
#pragma warning restore RS0030
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

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
