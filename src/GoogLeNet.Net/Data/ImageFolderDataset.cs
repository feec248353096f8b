using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using static TorchSharp.torch;

namespace Inception.Data;

/// <summary>
/// Images of a folder that has one subfolder for each class. Classes are in ordinal order of their folders' names, images in ordinal order within
/// their class. Hidden files and folders, files beside the class folders and deeper folders are skipped. Call <see cref="Load"/> once for the training
/// folder and once for the test folder.
/// </summary>
public sealed class ImageFolderDataset : IImageDataset, IDisposable
{
    private ImageFolderDataset(TensorDataset data, IReadOnlyList<string> files) => (Data, Files) = (data, files);

    /// <summary>The images as a tensor data set, which has Take, Split and To. Owned by this data set.</summary>
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
    /// <param name="size">Width and height of each image after resizing, 1 to 16384.</param>
    /// <param name="options">What is allowed; null for the defaults of <see cref="ImageFolderOptions"/>.</param>
    /// <param name="progress">Called after each image, on any thread.</param>
    /// <param name="logger">Warned of every skipped image; null for none.</param>
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
    /// <summary>What happens to an image with other proportions. Default <see cref="ImageFit.Crop"/>: resized, and the middle cut out.</summary>
    public ImageFit Fit { get; init; } = ImageFit.Crop;

    /// <summary>Height of each image after resizing, 1 to 16384; <c>size</c> is then the width alone. Default null: as high as wide.</summary>
    public int? Height { get; init; }

    /// <summary>Whether a file that cannot be read is skipped with a warning instead of refused. Default false.</summary>
    public bool SkipDamaged { get; init; }
}

/// <summary>How far the reading of a folder is.</summary>
/// <param name="Read">Files done, skipped ones included.</param>
/// <param name="Total">Files in all.</param>
public readonly record struct ImageFolderProgress(int Read, int Total);
