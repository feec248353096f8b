using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using static TorchSharp.torch;

namespace Inception.Data;

/// <summary>
/// Images of a folder that has one subfolder for each class, with pictures in it or in folders below it. Classes are in ordinal order of their folders' names, images in
/// ordinal order of their path within the class. Hidden files and folders, and files beside the class folders, are passed over; links to folders within a class are not
/// followed. Call <see cref="Load"/> once for the training folder and once for the test folder.
/// </summary>
/// <remarks>
/// What fits <see cref="ImageFolderOptions.MemoryBudget"/> is held in memory. Of a larger folder the names are read; its pictures are decoded on every core when they are asked for, and an
/// <see cref="ICropTransform"/> that is the first transform of training, as <see cref="RandomResizedCrop"/>, is cut from the whole picture.
/// </remarks>
public sealed class ImageFolderDataset : IImageDataset, IDisposable
{
    private readonly FolderPictures pictures;
    private readonly TensorDataset? held;

    private ImageFolderDataset(FolderPictures pictures, TensorDataset? held)
    {
        (this.pictures, this.held) = (pictures, held);
        Labels = held?.Labels ?? tensor([.. pictures.Content.Labels.Select(label => (long)label)]).DetachFromDisposeScope();
    }

    /// <inheritdoc/>
    public long Count => pictures.Content.Files.Count;

    /// <inheritdoc/>
    public IReadOnlyList<string> ClassNames => pictures.Content.Classes;

    /// <inheritdoc/>
    public ImageShape Shape => pictures.Shape;

    /// <summary>The CPU.</summary>
    public Device Device => CPU;

    /// <inheritdoc/>
    public Tensor Labels { get; }

    /// <summary>Path of image i at index i.</summary>
    public IReadOnlyList<string> Files => pictures.Content.Files;

    /// <summary>Whether pictures are decoded at each use, because all of them would not fit <see cref="ImageFolderOptions.MemoryBudget"/>.</summary>
    public bool IsStreamed => held is null;

    /// <summary>Files that could not be read so far and were passed over; 0 unless <see cref="ImageFolderOptions.SkipDamaged"/> is set. Parts of a data set count together.</summary>
    public int Skipped => pictures.Skipped;

    /// <inheritdoc/>
    public ImageFit Fit { get; init; }

    /// <summary>
    /// Of a folder that is held, a SHA-256 of its images, labels and class names. Of a streamed one of the class names, the images' shape, and each file's class, path below the folder and
    /// length: a picture that was replaced by one of as many bytes is not noticed. Every file's length is asked for each time.
    /// </summary>
    public string Fingerprint => held is null ? pictures.Fingerprint() : ImageDatasets.Fingerprint(this);

    /// <summary>Lists a folder, and reads all images on every core into one tensor of N·channels·height·width bytes if these fit the budget.</summary>
    /// <param name="folder">The folder with the class folders.</param>
    /// <param name="size">Width and height of each image after resizing, 1 to 16384.</param>
    /// <param name="options">What is allowed; null for the defaults of <see cref="ImageFolderOptions"/>.</param>
    /// <param name="progress">Called after each image that is read into memory, on any thread.</param>
    /// <param name="logger">Warned of every skipped image, once; null for none.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    /// <returns>The data set, on the CPU and in no dispose scope; the caller disposes it.</returns>
    /// <exception cref="DatasetException">The folder is missing, holds no classes or images, has a class without images that was not asked for by name, or a
    /// file cannot be read. The files of a streamed folder are read, and refused, when they are first used.</exception>
    /// <exception cref="ArgumentException">The size, the height or the number of channels is out of range, or a class is named twice or none is.</exception>
    /// <exception cref="OperationCanceledException">The token was canceled.</exception>
    public static ImageFolderDataset Load(
        string folder,
        int size,
        ImageFolderOptions? options = null,
        IProgress<ImageProgress>? progress = null,
        ILogger? logger = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(folder);
        options ??= new();
        var shape = ShapeOf(size, options);
        return Create(FolderContent.List(folder, options), shape, options, progress, logger, cancellationToken);
    }

    /// <summary>As <see cref="Load"/>, for pictures that a file lists with their classes, as ImageNet's for validation: a line <c>ILSVRC2012_val_00000001.JPEG 65</c> for each, or LOC_val_solution.csv.</summary>
    /// <param name="list">
    /// The file. A class is a number from 0, the line of <see cref="ImageFolderOptions.ClassNameFile"/> if that is given, else the place in <see cref="ImageFolderOptions.ClassNames"/>; or the name of its
    /// folder in training. Without class names those of the list count, in ordinal order.
    /// </param>
    /// <param name="folder">What the paths in the list are below.</param>
    /// <param name="size">Width and height of each image after resizing, 1 to 16384.</param>
    /// <param name="options">What is allowed; null for the defaults of <see cref="ImageFolderOptions"/>.</param>
    /// <param name="progress">Called after each image that is read into memory, on any thread.</param>
    /// <param name="logger">Warned of every skipped image, once; null for none.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    /// <returns>The data set, on the CPU and in no dispose scope, in the list's order; the caller disposes it.</returns>
    /// <exception cref="DatasetException">The list cannot be read, or names files that are missing or classes that are unknown; or a file cannot be read, as for <see cref="Load"/>.</exception>
    /// <exception cref="ArgumentException">The size, the height or the number of channels is out of range, or a class is named twice or none is.</exception>
    /// <exception cref="OperationCanceledException">The token was canceled.</exception>
    public static ImageFolderDataset LoadList(
        string list,
        string folder,
        int size,
        ImageFolderOptions? options = null,
        IProgress<ImageProgress>? progress = null,
        ILogger? logger = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(list);
        ArgumentNullException.ThrowIfNull(folder);
        options ??= new();
        var shape = ShapeOf(size, options);
        return Create(new ImageList(list, folder, options).Read(), shape, options, progress, logger, cancellationToken);
    }

    /// <inheritdoc/>
    public Tensor Read(IReadOnlyList<long> indices, CancellationToken cancellationToken = default)
    {
        ImageDatasets.CheckIndices(indices, Count);
        return held?.Read(indices, cancellationToken) ?? pictures.Read(indices, cancellationToken);
    }

    /// <inheritdoc/>
    public Tensor ReadCrops(IReadOnlyList<long> indices, ICropTransform crop, BatchContext context, CancellationToken cancellationToken = default)
    {
        ImageDatasets.CheckIndices(indices, Count);
        ArgumentNullException.ThrowIfNull(crop);
        return held is null ? pictures.ReadCrops(indices, crop, context, cancellationToken) : ImageDatasets.Cropped(held, indices, crop, context, cancellationToken);
    }

    /// <summary>A picture at its own height and width, read from its file also where the images are held: uint8 (1, C, H, W), of the caller's dispose scope.</summary>
    /// <exception cref="DatasetException">It cannot be read.</exception>
    internal Tensor ReadWhole(long index) => pictures.ReadWhole((int)index);

    /// <summary>Some of the images, as <see cref="TensorDataset.TakeStratified"/> chooses them; streamed if this data set is.</summary>
    /// <param name="n">Number of images, 1 to <see cref="Count"/>.</param>
    /// <param name="seed">Any number.</param>
    /// <returns>A data set that the caller disposes.</returns>
    /// <exception cref="ArgumentOutOfRangeException">n is below 1 or above <see cref="Count"/>.</exception>
    public ImageFolderDataset TakeStratified(int n, int seed) => Pick(this.Stratified(n, seed));

    /// <summary>Splits off images for validation, as <see cref="TensorDataset.Split(int, int)"/> does; both parts are streamed if this data set is.</summary>
    /// <param name="validationCount">Images for validation, 1 to <see cref="Count"/> − 1.</param>
    /// <param name="seed">Any number.</param>
    /// <returns>Data sets that the caller disposes. This one stays usable.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A part would have no images.</exception>
    public DatasetSplit<ImageFolderDataset> Split(int validationCount, int seed)
    {
        var (train, validation) = this.SplitOf(validationCount, seed);
        return new(Pick(train), Pick(validation));
    }

    /// <summary>As <see cref="Split(int, int)"/>, with a fraction of the images for validation, rounded to whole images.</summary>
    /// <param name="validationFraction">The fraction for validation, more than 0 and less than 1.</param>
    /// <param name="seed">Any number.</param>
    /// <returns>Data sets that the caller disposes. This one stays usable.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The fraction is out of range, or a part would have no images.</exception>
    public DatasetSplit<ImageFolderDataset> Split(double validationFraction, int seed) => Split(this.ShareOf(validationFraction), seed);

    /// <summary>All images in the memory of a device, of which a streamed folder's are read now.</summary>
    /// <param name="device">Where to.</param>
    /// <param name="cancellationToken">Stops the reading.</param>
    /// <returns>A data set that the caller disposes; this one stays usable.</returns>
    /// <exception cref="DatasetException">A picture cannot be read.</exception>
    /// <exception cref="OperationCanceledException">The token was canceled.</exception>
    public TensorDataset To(Device device, CancellationToken cancellationToken = default)
    {
        if (held is not null)
        {
            return held.To(device);
        }

        using var scope = NewDisposeScope();
        var images = empty(Count, Shape.Channels, Shape.Height, Shape.Width, dtype: ScalarType.Byte, device: device);
        foreach (var (first, part) in this.Parts(cancellationToken: cancellationToken))
        {
            images.narrow(0, first, part.shape[0]).copy_(part);
        }

#pragma warning disable RS0030 // A whole data set, once and before training.
        return new TensorDataset(images, Labels.to(device, copy: true), ClassNames) { Fit = Fit };
#pragma warning restore RS0030
    }

    /// <summary>Disposes the images and labels.</summary>
    public void Dispose()
    {
        held?.Dispose();
        if (held is null)
        {
            Labels.Dispose();
        }
    }

    private static ImageShape ShapeOf(int size, ImageFolderOptions options)
    {
        PictureResize.CheckSide(size);
        var height = options.Height ?? size;
        PictureResize.CheckSide(height);
        ImageFile.CheckChannels(options.Channels);
        return new ImageShape(options.Channels, height, size);
    }

    private static ImageFolderDataset Create(
        FolderContent content, ImageShape shape, ImageFolderOptions options, IProgress<ImageProgress>? progress, ILogger? logger, CancellationToken cancellationToken)
    {
        TorchRuntime.EnsureLoaded();
        var pictures = new FolderPictures(content, shape, options, new ConcurrentDictionary<string, bool>(), logger ?? NullLogger.Instance);
        if (content.Files.Count > (options.MemoryBudget ?? ImageFolderOptions.DefaultMemoryBudget) / shape.Bytes)
        {
            return new ImageFolderDataset(pictures, held: null) { Fit = options.Fit };
        }

        using var scope = NewDisposeScope();
        var images = empty(content.Files.Count, shape.Channels, shape.Height, shape.Width, dtype: ScalarType.Byte, device: CPU);
        var kept = pictures.ReadAll(images, progress, cancellationToken);
        long[] labels = [.. kept.Select(i => (long)content.Labels[(int)i])];
        content.CheckClasses(labels, options.ClassNames is not null);
        if (kept.Length < content.Files.Count)
        {
            (images, pictures) = (images.index_select(0, tensor(kept)), pictures.Pick(kept));
        }

        return new ImageFolderDataset(pictures, new TensorDataset(images, tensor(labels), content.Classes) { Fit = options.Fit }) { Fit = options.Fit };
    }

    private ImageFolderDataset Pick(long[] samples) => new(pictures.Pick(samples), held?.Pick(samples)) { Fit = Fit };
}

/// <summary>How <see cref="ImageFolderDataset.Load"/> reads a folder.</summary>
public sealed record ImageFolderOptions
{
    private readonly long? memoryBudget;

    /// <summary>A quarter of the memory that this process may use, in bytes.</summary>
    internal static long DefaultMemoryBudget => GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 4;

    /// <summary>What happens to an image with other proportions. Default <see cref="ImageFit.Crop"/>: resized, and the middle cut out.</summary>
    public ImageFit Fit { get; init; } = ImageFit.Crop;

    /// <summary>Height of each image after resizing, 1 to 16384; <c>size</c> is then the width alone. Default null: as high as wide.</summary>
    public int? Height { get; init; }

    /// <summary>3 for RGB, 1 for gray. Default 3.</summary>
    public int Channels { get; init; } = 3;

    /// <summary>
    /// Names of the classes in the order of their numbers, as of the training set: the folder may lack pictures of some of them, and a folder of another name is refused.
    /// Default null: the folders that are there.
    /// </summary>
    public IReadOnlyList<string>? ClassNames { get; init; }

    /// <summary>
    /// A file that says what the classes are called: a line <c>n01440764 tench, Tinca tinca</c> for each, the folder's name first, as in ImageNet's LOC_synset_mapping.txt and synset_words.txt. Of names
    /// that come twice each has its folder's behind it. Default null: classes are called as their folders.
    /// </summary>
    public string? ClassNameFile { get; init; }

    /// <summary>
    /// Whether a file that cannot be read is skipped with a warning instead of refused. Default false. In a streamed folder the next image of its class that can be read stands in for it, of the
    /// same part of the data set; after the last comes the first.
    /// </summary>
    public bool SkipDamaged { get; init; }

    /// <summary>
    /// Most bytes that the images may take in memory, N · channels · height · width, 0 or more: of a folder with more, pictures are decoded at each use. 0 for never in memory. Default null: a
    /// quarter of the memory that this process may use.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">It is negative.</exception>
    public long? MemoryBudget
    {
        get => memoryBudget;
        init => memoryBudget = value is null or >= 0
            ? value : throw new ArgumentOutOfRangeException(nameof(MemoryBudget), value, $"MemoryBudget is {value}; it must be 0 or more bytes.");
    }

    /// <summary>Whether the other has the same values, and the same names in the same order.</summary>
    public bool Equals(ImageFolderOptions? other) =>
        other is not null && (Fit, Height, Channels, ClassNameFile, SkipDamaged, MemoryBudget).Equals((other.Fit, other.Height, other.Channels, other.ClassNameFile, other.SkipDamaged, other.MemoryBudget))
        && (ClassNames is null) == (other.ClassNames is null) && (ClassNames ?? []).SequenceEqual(other.ClassNames ?? []);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Fit, Height, Channels, SkipDamaged, MemoryBudget, ClassNames?.Count);
}
