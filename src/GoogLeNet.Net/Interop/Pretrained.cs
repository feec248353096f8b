using Inception.Data;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Inception.Interop;

/// <summary>
/// torchvision's GoogLeNet with the weights of ImageNet (<c>GoogLeNet_Weights.IMAGENET1K_V1</c>; top-1 69.778 %, top-5 89.530 % there): 1,000 classes with their names, and pictures
/// brought to 256 pixels, cut to 224×224 and normalized as the weights expect. Every file that is saved from it has both.
/// </summary>
/// <remarks>The network has no auxiliary classifiers: those in torchvision's file were never trained.</remarks>
public static class Pretrained
{
    extension(GoogLeNet)
    {
        /// <summary>
        /// Builds the pretrained network, from the cache or by a download of 50 MB from <c>download.pytorch.org</c>, whose SHA-256 is checked. An interrupted download is resumed the next time;
        /// several processes may load at once.
        /// </summary>
        /// <param name="numClasses">Classes of your own, at least 1: their classifier is freshly drawn, and they have no names yet; null for ImageNet's.</param>
        /// <param name="cacheFolder">
        /// Folder that keeps the file <c>googlenet-1378be20.pth</c>; null for <c>GoogLeNet.Net/torchvision</c> under <c>XDG_CACHE_HOME</c> or <c>~/.cache</c> on Linux, <c>~/Library/Caches</c>
        /// on macOS, the local application data folder on Windows.
        /// </param>
        /// <param name="progress">Told about the bytes of a download.</param>
        /// <param name="logger">Told about downloads and repairs; null for none.</param>
        /// <param name="cancellationToken">Stops the work; what was downloaded so far is resumed next time.</param>
        /// <returns>A network on the CPU in evaluation mode; the caller disposes it.</returns>
        /// <exception cref="ModelFileException">The file could not be fetched; the message says where to put it by hand.</exception>
        /// <exception cref="ArgumentOutOfRangeException"><paramref name="numClasses"/> is less than 1.</exception>
        /// <exception cref="OperationCanceledException">The token was canceled.</exception>
        public static Task<GoogLeNet> CreatePretrainedAsync(
            int? numClasses = null, string? cacheFolder = null, IProgress<DownloadProgress>? progress = null, ILogger? logger = null, CancellationToken cancellationToken = default)
        {
            CheckClasses(numClasses);
            return PretrainedFile.TorchVision.LoadAsync(numClasses, cacheFolder, progress, logger ?? NullLogger.Instance, cancellationToken);
        }

        /// <summary>
        /// Builds the pretrained network from torchvision's file at hand, or from one that was saved from torchvision's network: 1,000 classes are taken to be ImageNet's, others have no names, and
        /// pictures are prepared as for torchvision's own weights.
        /// </summary>
        /// <param name="path">The file, for example <c>googlenet-1378be20.pth</c>, which torchvision keeps in <c>~/.cache/torch/hub/checkpoints</c>.</param>
        /// <param name="numClasses">Classes of your own, at least 1: their classifier is freshly drawn, and they have no names yet; null for the file's.</param>
        /// <returns>A network on the CPU in evaluation mode; the caller disposes it.</returns>
        /// <exception cref="ModelFileException">The file is damaged, or no state dict of such a network.</exception>
        /// <exception cref="WeightsException">Its tensors are not those of torchvision's <c>googlenet</c>.</exception>
        /// <exception cref="ArgumentOutOfRangeException"><paramref name="numClasses"/> is less than 1.</exception>
        /// <exception cref="IOException">The file does not exist or cannot be read.</exception>
        /// <exception cref="UnauthorizedAccessException">The file may not be read, or is a folder.</exception>
        public static GoogLeNet CreatePretrained(string path, int? numClasses = null)
        {
            CheckClasses(numClasses);
            return PretrainedFile.TorchVision.Load(path, numClasses);
        }
    }

    private static void CheckClasses(int? numClasses)
    {
        if (numClasses is { } count)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(count, 1, nameof(numClasses));
        }
    }
}

/// <summary>A file of weights of ImageNet that is published, and the network that they are of.</summary>
/// <param name="Remote">Where it is, and what its SHA-256 begins with.</param>
/// <param name="Spec">The network, without auxiliary classifiers.</param>
internal sealed record PretrainedFile(RemoteFile Remote, GoogLeNetSpec Spec)
{
    private const string CacheName = "torchvision";

    /// <summary>torchvision's, whose name has the beginning of its SHA-256.</summary>
    public static PretrainedFile TorchVision { get; } = new(
        new RemoteFile(new Uri("https://download.pytorch.org/models/googlenet-1378be20.pth"), "googlenet-1378be20.pth", Bytes: null, "1378be20"),
        GoogLeNetSpec.TorchVision with { Auxiliaries = [] });

    /// <summary>
    /// torchvision's <c>ImageClassification(crop_size=224)</c> and then its network's <c>transform_input</c>: the shorter side to 256 pixels, the middle 224×224, ImageNet's normalization
    /// and from that one by 0.5 and 0.5, which together are the last alone.
    /// </summary>
    public static Preprocessing Preprocessing { get; } = new([new CenterCrop(224), new Normalize([127.5, 127.5, 127.5], [127.5, 127.5, 127.5])], height: 256, channels: 3);

    /// <summary>Builds the network from a file.</summary>
    public GoogLeNet Load(string path, int? numClasses)
    {
        using var state = StateDict.Open(path);
        return NetworkWeights.Filled(numClasses is { } own ? GoogLeNet.Create(own, Spec) : GoogLeNet.WithoutWeights(TorchFile.ClassesOf(state, Spec, path), Spec), model =>
        {
            var heads = GoogLeNetSpec.TorchVision.Auxiliaries.Select(head => $"{head.Name}.");
            var keys = state.Tensors.Keys.Where(key => !heads.Any(head => key.StartsWith(head, StringComparison.Ordinal)));
            TorchFile.Load(model, state, keys, path, strict: true, includeClassifiers: numClasses is null);
            model.ClassNames = numClasses is null && model.NumClasses == ClassNameList.ImageNet.Names.Count ? ClassNameList.ImageNet.Names : [];
            model.Preprocessing = Preprocessing.Stored;
        });
    }

    /// <summary>Builds the network from the cache, which is filled first if needed.</summary>
    public async Task<GoogLeNet> LoadAsync(int? numClasses, string? cacheFolder, IProgress<DownloadProgress>? progress, ILogger logger, CancellationToken cancellationToken)
    {
        TorchRuntime.EnsureLoaded();
        var path = await FetchAsync(Path.GetFullPath(cacheFolder ?? CacheFolder.For(CacheName)), progress, logger, cancellationToken).ConfigureAwait(false);
        return await Task.Run(() => Load(path, numClasses), cancellationToken).ConfigureAwait(false);
    }

    // The file in the cache gets its name when it is whole and verified; until then it is a part that the next attempt resumes.
    private async Task<string> FetchAsync(string folder, IProgress<DownloadProgress>? progress, ILogger logger, CancellationToken cancellationToken)
    {
        var path = Path.Combine(folder, Remote.FileName);
        try
        {
            if (await IsSoundAsync(path, cancellationToken).ConfigureAwait(false))
            {
                return path;
            }

            Directory.CreateDirectory(folder);
            using var held = await FolderLock.AcquireAsync(folder, logger, cancellationToken).ConfigureAwait(false);
            if (!await IsSoundAsync(path, cancellationToken).ConfigureAwait(false))
            {
                var part = $"{path}.part";
                await new Download(DownloadPatience.Default, progress, logger).RunAsync(Remote, part, cancellationToken).ConfigureAwait(false);
                File.Move(part, path, overwrite: true);
            }

            return path;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ModelFileException(
                path, $"the pretrained weights could not be fetched from {Remote.Address}: {Failure.Reason(e)} "
                + $"Without a network, put the file there under the name {Remote.FileName}, or name it: GoogLeNet.CreatePretrained(path)", e);
        }
    }

    private Task<bool> IsSoundAsync(string path, CancellationToken cancellationToken) =>
        Task.Run(() => File.Exists(path) && Failure.ChecksumProblem(path, Remote.Sha256) is null, cancellationToken);
}
