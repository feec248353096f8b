using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using static TorchSharp.torch;

namespace Inception.Data;

/// <summary>
/// Images of a folder that has one subfolder for each class, with pictures in it or in folders below it. Classes are in ordinal order of their folders' names, images in
/// ordinal order of their path within the class. Hidden files and folders, and files beside the class folders, are passed over; links to folders within a class are not
/// followed. Call <see cref="Load"/> once for the training folder and once for the test folder.
/// </summary>
public sealed class ImageFolderDataset : TensorDataset
{
    private ImageFolderDataset(Tensor images, Tensor labels, IReadOnlyList<string> classNames, IReadOnlyList<string> files)
        : base(images, labels, classNames) => Files = files;

    /// <summary>Path of image i at index i.</summary>
    public IReadOnlyList<string> Files { get; }

    /// <summary>Reads all images, on every core, into one tensor of N·channels·height·width bytes.</summary>
    /// <param name="folder">The folder with the class folders.</param>
    /// <param name="size">Width and height of each image after resizing, 1 to 16384.</param>
    /// <param name="options">What is allowed; null for the defaults of <see cref="ImageFolderOptions"/>.</param>
    /// <param name="progress">Called after each image, on any thread.</param>
    /// <param name="logger">Warned of every skipped image; null for none.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    /// <returns>uint8 (N, channels, height, size) on the CPU, detached from any dispose scope; the caller disposes it.</returns>
    /// <exception cref="DatasetException">The folder is missing, holds no classes or images, has a class without images that was not asked for by name, or a
    /// file cannot be read.</exception>
    /// <exception cref="ArgumentException">The size, the height or the number of channels is out of range, or a class is named twice or none is.</exception>
    /// <exception cref="OperationCanceledException">The token was canceled.</exception>
    public static ImageFolderDataset Load(
        string folder,
        int size,
        ImageFolderOptions? options = null,
        IProgress<ImageFolderProgress>? progress = null,
        ILogger? logger = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(folder);
        options ??= new();
        var height = options.Height ?? size;
        PictureResize.CheckSide(size);
        PictureResize.CheckSide(height);
        ImageFile.CheckChannels(options.Channels);
        var content = FolderContent.List(folder, options.ClassNames);

        TorchRuntime.EnsureLoaded();
        using var scope = NewDisposeScope();
        var images = empty(content.Files.Count, options.Channels, height, size, dtype: ScalarType.Byte, device: CPU);
        var reader = new FolderReader(content, options, logger ?? NullLogger.Instance, progress);
        var kept = reader.ReadInto(images, size, height, cancellationToken);
        long[] labels = [.. kept.Select(i => (long)content.Labels[(int)i])];
        content.CheckClasses(labels, options.ClassNames is not null);
        if (kept.Length < content.Files.Count)
        {
            images = images.index_select(0, tensor(kept));
        }

        return new ImageFolderDataset(images, tensor(labels), content.Classes, [.. kept.Select(i => content.Files[(int)i])]) { Fit = options.Fit };
    }
}

/// <summary>How <see cref="ImageFolderDataset.Load"/> reads a folder.</summary>
public sealed record ImageFolderOptions
{
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

    /// <summary>Whether a file that cannot be read is skipped with a warning instead of refused. Default false.</summary>
    public bool SkipDamaged { get; init; }

    /// <summary>Whether the other has the same values, and the same names in the same order.</summary>
    public bool Equals(ImageFolderOptions? other) =>
        other is not null && (Fit, Height, Channels, SkipDamaged).Equals((other.Fit, other.Height, other.Channels, other.SkipDamaged))
        && (ClassNames is null) == (other.ClassNames is null) && (ClassNames ?? []).SequenceEqual(other.ClassNames ?? []);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Fit, Height, Channels, SkipDamaged, ClassNames?.Count);
}

/// <summary>How far the reading of a folder is.</summary>
/// <param name="Read">Files done, skipped ones included.</param>
/// <param name="Total">Files in all.</param>
public readonly record struct ImageFolderProgress(int Read, int Total);
