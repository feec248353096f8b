using TorchSharp;
using static TorchSharp.torch;

namespace Inception.Data;

/// <summary>Labeled images in two tensors, which it owns and disposes.</summary>
public class TensorDataset : IImageDataset, IDisposable
{
    /// <summary>Takes ownership of the tensors and detaches them from any <see cref="DisposeScope"/>.</summary>
    /// <param name="images">uint8 (N, C, H, W), N at least 1.</param>
    /// <param name="labels">int64 (N), each in [0, number of class names), on the device of <paramref name="images"/>.</param>
    /// <param name="classNames">Name of class k at index k; at least one.</param>
    /// <exception cref="ArgumentException">A tensor has another type, shape or device, or a label is out of range; ownership stays with the caller.</exception>
    public TensorDataset(Tensor images, Tensor labels, IReadOnlyList<string> classNames)
    {
        ArgumentNullException.ThrowIfNull(images);
        ArgumentNullException.ThrowIfNull(labels);
        ArgumentNullException.ThrowIfNull(classNames);
        Validate(images, labels, classNames);
        Images = images.DetachFromDisposeScope();
        Labels = labels.DetachFromDisposeScope();
        ClassNames = [.. classNames];
        Count = images.shape[0];
    }

    /// <inheritdoc/>
    public long Count { get; }

    /// <inheritdoc/>
    public IReadOnlyList<string> ClassNames { get; }

    /// <inheritdoc/>
    public ImageShape Shape => new((int)Images.shape[1], (int)Images.shape[2], (int)Images.shape[3]);

    /// <inheritdoc/>
    public Device Device => Images.device;

    /// <summary>All images, uint8 (N, C, H, W), values 0 to 255. Owned by the data set.</summary>
    public Tensor Images { get; }

    /// <inheritdoc/>
    public Tensor Labels { get; }

    /// <inheritdoc/>
    public ImageFit Fit { get; init; }

    /// <summary>
    /// A new data set of <paramref name="n"/> of the images, in their original order. Every class comes equally often as far as n and the class sizes
    /// allow; the remainder goes to the classes with the lowest numbers. The choice depends on labels, n and seed only, and is the same on every
    /// machine; a smaller n with the same seed gives a subset.
    /// </summary>
    /// <param name="n">Number of images, 1 to <see cref="Count"/>.</param>
    /// <param name="seed">Any number.</param>
    /// <returns>A copy on the same device; the caller disposes it.</returns>
    /// <exception cref="ArgumentOutOfRangeException">n is below 1 or above <see cref="Count"/>.</exception>
    public TensorDataset TakeStratified(int n, int seed) => Pick(this.Stratified(n, seed));

    /// <summary>
    /// Splits off <paramref name="validationCount"/> of the images: every image goes to exactly one part, both keep the original order, and
    /// every class gives the same fraction as far as whole images allow. The choice depends on the labels, the count and the seed only.
    /// </summary>
    /// <param name="validationCount">Images for validation, 1 to <see cref="Count"/> − 1.</param>
    /// <param name="seed">Any number.</param>
    /// <returns>Copies on the same device; the caller disposes them. This data set stays usable.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A part would have no images.</exception>
    public DatasetSplit<TensorDataset> Split(int validationCount, int seed)
    {
        var (train, validation) = this.SplitOf(validationCount, seed);
        return new(Pick(train), Pick(validation));
    }

    /// <summary>As <see cref="Split(int, int)"/>, with a fraction of the images for validation, rounded to whole images.</summary>
    /// <param name="validationFraction">The fraction for validation, more than 0 and less than 1.</param>
    /// <param name="seed">Any number.</param>
    /// <returns>Copies on the same device; the caller disposes them. This data set stays usable.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The fraction is out of range, or a part would have no images.</exception>
    public DatasetSplit<TensorDataset> Split(double validationFraction, int seed) => Split(this.ShareOf(validationFraction), seed);

    /// <summary>The same data on <paramref name="device"/>; the same memory if it is there already.</summary>
    /// <param name="device">The device to copy to.</param>
    /// <returns>A data set that the caller disposes; this one stays usable.</returns>
#pragma warning disable RS0030 // A whole data set, once and before training.
    public TensorDataset To(Device device) => new(Images.to(device), Labels.to(device), ClassNames) { Fit = Fit };
#pragma warning restore RS0030

    /// <inheritdoc/>
    public Tensor Read(IReadOnlyList<long> indices, CancellationToken cancellationToken = default)
    {
        ImageDatasets.CheckIndices(indices, Count);
        using var host = tensor(indices as long[] ?? [.. indices]);
        using var index = host.SentTo(Device);
        return Images.index_select(0, index);
    }

    /// <summary>Disposes both tensors.</summary>
    public void Dispose()
    {
        Images.Dispose();
        Labels.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>A copy of some of the images.</summary>
    internal TensorDataset Pick(long[] samples)
    {
        using var host = tensor(samples);
        using var index = host.SentTo(Device);
        return new TensorDataset(Images.index_select(0, index), Labels.index_select(0, index), ClassNames) { Fit = Fit };
    }

    private static void Validate(Tensor images, Tensor labels, IReadOnlyList<string> classNames)
    {
        var classes = classNames.Count;
        if (classes == 0)
        {
            throw new ArgumentException("At least one class name is needed.", nameof(classNames));
        }

        if (images.dtype != ScalarType.Byte || images.shape is not [> 0, > 0, > 0, > 0])
        {
            throw new ArgumentException($"Images must be uint8 (N, C, H, W) and not empty; they are {Describe(images)}.", nameof(images));
        }

        if (labels.dtype != ScalarType.Int64 || labels.shape is not [var count] || count != images.shape[0])
        {
            throw new ArgumentException($"Labels must be int64 ({images.shape[0]}), one for each image; they are {Describe(labels)}.", nameof(labels));
        }

        if (labels.device_type != images.device_type || labels.device_index != images.device_index)
        {
            throw new ArgumentException($"Labels are on {labels.device}, images on {images.device}; both must be on one device.", nameof(labels));
        }

        using var smallest = labels.min();
        using var largest = labels.max();
#pragma warning disable RS0030 // Labels are checked once, when the data set is made.
        var (low, high) = (smallest.item<long>(), largest.item<long>());
#pragma warning restore RS0030
        if (low < 0 || high >= classes)
        {
            throw new ArgumentException($"Labels must be 0 to {classes - 1} with {classes} classes; they reach from {low} to {high}.", nameof(labels));
        }
    }

    private static string Describe(Tensor t) => $"{t.dtype} ({string.Join(", ", t.shape)})";
}

/// <summary>Two disjoint parts that make up a data set. Disposing it disposes both.</summary>
/// <typeparam name="T">What the data set is.</typeparam>
/// <param name="Train">Images to train on.</param>
/// <param name="Validation">Images to validate on.</param>
public sealed record DatasetSplit<T>(T Train, T Validation) : IDisposable
    where T : IImageDataset, IDisposable
{
    /// <summary>Disposes both parts.</summary>
    public void Dispose()
    {
        Train.Dispose();
        Validation.Dispose();
    }
}
