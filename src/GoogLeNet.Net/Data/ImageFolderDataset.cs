using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using static TorchSharp.torch;

namespace Inception.Data;

/// <summary>
/// Images of a folder that has one subfolder for each class. Classes are the subfolders in ordinal order of their names; the images are those
/// directly in them, in ordinal order too. Hidden files and folders, and files beside the class folders, are passed over. For a training and a
/// test set call <see cref="Load"/> on each one's folder.
/// </summary>
public sealed class ImageFolderDataset : IImageDataset, IDisposable
{
    private ImageFolderDataset(TensorDataset data, IReadOnlyList<string> files) => (Data, Files) = (data, files);

    /// <summary>The images as tensors, with what can be done with those: Take, Split, To. Owned by this data set.</summary>
    public TensorDataset Data { get; }

    /// <summary>Path of image i at index i.</summary>
    public IReadOnlyList<string> Files { get; }

    /// <inheritdoc/>
    public long Count => Data.Count;

    /// <inheritdoc/>
    public IReadOnlyList<string> ClassNames => Data.ClassNames;

    /// <inheritdoc/>
    public Tensor Images => Data.Images;

    /// <inheritdoc/>
    public Tensor Labels => Data.Labels;

    /// <summary>Reads all images, on every core, into one tensor of N·3·height·width bytes.</summary>
    /// <param name="folder">The folder with the class folders.</param>
    /// <param name="size">Width and height that each image is brought to, 1 to 16384.</param>
    /// <param name="options">What is allowed; null for the defaults of <see cref="ImageFolderOptions"/>.</param>
    /// <param name="progress">Told after each image, from any thread.</param>
    /// <param name="logger">Warned of every image passed over; null for none.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    /// <returns>uint8 (N, 3, size, size) on the CPU, detached from any dispose scope; the caller disposes it.</returns>
    /// <exception cref="DatasetException">The folder is missing, holds no classes, has a class without images, or a file cannot be read.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The size is out of range.</exception>
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
        ImageResize.CheckSide(size);
        ImageResize.CheckSide(height);
        var content = FolderContent.List(folder);

        TorchRuntime.EnsureLoaded();
        using var scope = NewDisposeScope();
        var images = empty(content.Files.Count, 3, height, size, dtype: ScalarType.Byte, device: CPU);
        var reader = new FolderReader(content, options, logger ?? NullLogger.Instance, progress);
        var kept = reader.ReadInto(images, size, height, cancellationToken);
        long[] labels = [.. kept.Select(i => (long)content.Labels[(int)i])];
        content.CheckEveryClassIsIn(labels);
        if (kept.Length < content.Files.Count)
        {
            images = images.index_select(0, tensor(kept));
        }

        return new ImageFolderDataset(
            new TensorDataset(images, tensor(labels), content.Classes), [.. kept.Select(i => content.Files[(int)i])]);
    }

    /// <summary>Disposes the tensors.</summary>
    public void Dispose() => Data.Dispose();
}

/// <summary>How <see cref="ImageFolderDataset.Load"/> reads a folder.</summary>
public sealed record ImageFolderOptions
{
    /// <summary>What happens to an image of other proportions. Default <see cref="ImageFit.Crop"/>: resized, and the middle cut out.</summary>
    public ImageFit Fit { get; init; } = ImageFit.Crop;

    /// <summary>Height that each image is brought to, 1 to 16384; <c>size</c> is then the width alone. Default null: as high as wide.</summary>
    public int? Height { get; init; }

    /// <summary>Whether a file that cannot be read is passed over with a warning, rather than refused. Default false.</summary>
    public bool SkipDamaged { get; init; }
}

/// <summary>How far the reading of a folder is.</summary>
/// <param name="Read">Files done, those passed over included.</param>
/// <param name="Total">Files in all.</param>
public readonly record struct ImageFolderProgress(int Read, int Total);
