using Inception.Data;
using static TorchSharp.torch;

namespace Inception.Training;

/// <summary>Weights of classes in the loss, for data sets in which some classes have far fewer images than others.</summary>
public static class ClassWeights
{
    /// <summary>
    /// Weights with which every class counts as much as every other: N / (K · n) for a class with n of the N images and K classes, scikit-learn's
    /// <c>class_weight="balanced"</c>. The mean weight of an image is 1.
    /// </summary>
    /// <param name="dataset">The training images.</param>
    /// <returns>A weight for each class, for <see cref="TrainerOptions.ClassWeights"/>.</returns>
    /// <exception cref="ArgumentException">A class has no images.</exception>
    public static IReadOnlyList<double> Balanced(IImageDataset dataset)
    {
        ArgumentNullException.ThrowIfNull(dataset);
        var counts = dataset.HostLabels().CountBy(label => label).ToDictionary();
        return [.. dataset.ClassNames.Select((name, k) => counts.TryGetValue(k, out var count)
            ? dataset.Count / ((double)dataset.ClassNames.Count * count)
            : throw new ArgumentException($"The class '{name}' has no images, so no weight would balance it.", nameof(dataset)))];
    }

    /// <summary>A copy of the weights.</summary>
    /// <exception cref="ArgumentOutOfRangeException">One is not a finite number more than 0.</exception>
    internal static IReadOnlyList<double>? Checked(IReadOnlyList<double>? weights) =>
        weights is null ? null : [.. weights.Select((weight, k) => Check.Positive(weight, $"{nameof(ClassWeights)}[{k}]"))];

    /// <summary>The weights as a tensor (classes), float32, on a device.</summary>
    internal static Tensor On(IReadOnlyList<double> weights, Device device)
    {
        using var host = tensor([.. weights.Select(weight => (float)weight)]);
        return host.SentTo(device).alias();
    }
}
