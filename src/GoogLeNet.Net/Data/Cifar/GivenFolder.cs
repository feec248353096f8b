namespace Inception.Data;

/// <summary>Data at a place that the user named: used or refused, never replaced by another source.</summary>
internal sealed record GivenFolder(string FolderOrArchive, string GivenBy)
{
    private const string Advice =
        " Give a folder with the six .bin files of CIFAR-10 or with cifar-10-binary.tar.gz; or give none, and the data is downloaded.";

    /// <summary>The folder of the options, else that of the environment, else null.</summary>
    public static GivenFolder? From(Cifar10Options options, Cifar10Sources sources) =>
        options.Folder is not null ? new(options.Folder, "the data folder")
        : sources.FolderFromEnvironment is { Length: > 0 } folder ? new(folder, Cifar10Sources.FolderVariable)
        : null;

    public void Read(Cifar10Manifest manifest, IRecordSink sink, CancellationToken cancellationToken)
    {
        try
        {
            if (File.Exists(FolderOrArchive))
            {
                OfficialArchive.Read(FolderOrArchive, manifest, sink, cancellationToken);
            }
            else if (RecordFolder(manifest) is { } folder)
            {
                RecordReader.ReadFolder(folder, manifest, sink, cancellationToken);
            }
            else if (File.Exists(Path.Combine(FolderOrArchive, manifest.Archive.FileName)))
            {
                OfficialArchive.Read(Path.Combine(FolderOrArchive, manifest.Archive.FileName), manifest, sink, cancellationToken);
            }
            else
            {
                throw new DatasetException(Directory.Exists(FolderOrArchive) ? "it holds none of the CIFAR-10 files." : "it does not exist.");
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            var reason = Failure.Reason(e);
            throw new DatasetException($"CIFAR-10 cannot be read from '{FolderOrArchive}' ({GivenBy}): {reason}{Advice}", e);
        }
    }

    // One record file is enough to say that this is the folder meant; what else it lacks is then reported by name.
    private string? RecordFolder(Cifar10Manifest manifest) =>
        new[] { FolderOrArchive, Path.Combine(FolderOrArchive, Cifar10Manifest.FolderName) }
            .FirstOrDefault(folder => manifest.Files.Any(file => File.Exists(Path.Combine(folder, file.Name))));
}
