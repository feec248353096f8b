namespace Inception.Data;

/// <summary>Where <see cref="Cifar10.LoadAsync"/> looks for the data. The defaults suit almost everyone.</summary>
public sealed record Cifar10Options
{
    /// <summary>Gets the folder that keeps downloaded data where <see cref="CacheFolder"/> names none.</summary>
    public static string DefaultCacheFolder => Data.CacheFolder.Default;

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
