using Inception.Data;
using Microsoft.Extensions.Logging;

namespace Inception.Interop;

/// <summary>A file of weights of ImageNet that is published, and the network that they are of.</summary>
/// <param name="Remote">Where it is, and what its SHA-256 begins with.</param>
/// <param name="Spec">The network, without auxiliary classifiers.</param>
internal sealed record PretrainedFile(RemoteFile Remote, GoogLeNetSpec Spec)
{
    private const string CacheName = "torchvision";

    private const string ClassNamesResource = "imagenet-classes.txt";

    /// <summary>torchvision's, whose name has the beginning of its SHA-256.</summary>
    public static PretrainedFile TorchVision { get; } = new(
        new RemoteFile(new Uri("https://download.pytorch.org/models/googlenet-1378be20.pth"), "googlenet-1378be20.pth", Bytes: null, "1378be20"),
        GoogLeNetSpec.TorchVision with { Auxiliaries = [] });

    /// <summary>
    /// torchvision's <c>ImageClassification(crop_size=224)</c> and then its network's <c>transform_input</c>: the shorter side to 256 pixels, the middle 224×224, ImageNet's normalization
    /// and from that one by 0.5 and 0.5, which together are the last alone.
    /// </summary>
    public static Preprocessing Preprocessing { get; } = new([new CenterCrop(224), new Normalize([127.5, 127.5, 127.5], [127.5, 127.5, 127.5])], height: 256, channels: 3);

    /// <summary>ImageNet's 1,000 classes as torchvision calls them.</summary>
    public static IReadOnlyList<string> ClassNames { get; } = ReadClassNames();

    /// <summary>Builds the network from a file.</summary>
    public GoogLeNet Load(string path, int? numClasses)
    {
        using var state = StateDict.Open(path);
        return NetworkWeights.Filled(numClasses is { } own ? GoogLeNet.Create(own, Spec) : GoogLeNet.WithoutWeights(TorchFile.ClassesOf(state, Spec, path), Spec), model =>
        {
            var heads = GoogLeNetSpec.TorchVision.Auxiliaries.Select(head => $"{head.Name}.");
            var keys = state.Tensors.Keys.Where(key => !heads.Any(head => key.StartsWith(head, StringComparison.Ordinal)));
            TorchFile.Load(model, state, keys, path, strict: true, includeClassifiers: numClasses is null);
            model.ClassNames = numClasses is null && model.NumClasses == ClassNames.Count ? ClassNames : [];
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
            throw new TorchFileException(
                path, $"the pretrained weights could not be fetched from {Remote.Address}: {Failure.Reason(e)} "
                + $"Without a network, put the file there under the name {Remote.FileName}, or name it: GoogLeNet.CreatePretrained(path)", e);
        }
    }

    private Task<bool> IsSoundAsync(string path, CancellationToken cancellationToken) =>
        Task.Run(() => File.Exists(path) && Failure.ChecksumProblem(path, Remote.Sha256) is null, cancellationToken);

    private static string[] ReadClassNames()
    {
        using var stream = typeof(PretrainedFile).Assembly.GetManifestResourceStream(ClassNamesResource)!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}
