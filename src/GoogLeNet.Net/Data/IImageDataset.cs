using System.Runtime.CompilerServices;
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
}

/// <summary>What networks demand of a data set.</summary>
internal static class ImageDatasets
{
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
