namespace Inception.Data;

/// <summary>A place that the record files can be fetched from.</summary>
internal interface IDataSource
{
    /// <summary>How messages call it.</summary>
    string Name { get; }

    /// <summary>Writes the record files into <paramref name="target"/>, which exists and is empty. The caller verifies them.</summary>
    /// <param name="target">Folder for the record files.</param>
    /// <param name="work">Folder for anything else; what stays there under a name ending in <c>.part</c> may be used next time.</param>
    /// <param name="cancellationToken">Stops the transfer.</param>
    /// <exception cref="DatasetException">The source failed; the message is a short reason.</exception>
    Task FetchAsync(string target, string work, CancellationToken cancellationToken);
}

/// <summary>The archive that the data set's authors publish.</summary>
internal sealed class OfficialArchive(Cifar10Manifest manifest, Download download) : IDataSource
{
    public string Name => manifest.Archive.Address.ToString();

    public async Task FetchAsync(string target, string work, CancellationToken cancellationToken)
    {
        var archive = Path.Combine(work, manifest.Archive.FileName + ".part");
        await download.RunAsync(manifest.Archive, archive, cancellationToken).ConfigureAwait(false);
        await Task.Run(() => Unpack(archive, target, cancellationToken), cancellationToken).ConfigureAwait(false);
        File.Delete(archive);
    }

    /// <summary>Reads the records of an archive that is already here, after checking its length and SHA-256.</summary>
    public static void Read(string archive, Cifar10Manifest manifest, IRecordSink sink, CancellationToken cancellationToken)
    {
        // Also of a device, which has no length and no end.
        if (Files.LengthOf(archive) is var length && length != manifest.Archive.Bytes)
        {
            throw new DatasetException($"'{archive}' is not the official archive: it has {length:N0} bytes; {manifest.Archive.Bytes:N0} expected.");
        }

        if (Failure.ChecksumProblem(archive, manifest.Archive.Sha256) is { } wrong)
        {
            throw new DatasetException($"'{archive}' is not the official archive: {wrong}");
        }

        var entries = Entries(manifest);
        TarGz.Read(archive, Sizes(manifest), (name, stream) =>
            RecordReader.Read(stream, $"{archive}/{name}", manifest, entries.IndexOf(name), sink), cancellationToken);
    }

    private void Unpack(string archive, string target, CancellationToken cancellationToken)
    {
        var entries = Entries(manifest);
        TarGz.Read(archive, Sizes(manifest), (name, stream) =>
        {
            using var file = new FileStream(Path.Combine(target, manifest.Files[entries.IndexOf(name)].Name), FileMode.CreateNew);
            stream.CopyTo(file);
        }, cancellationToken);
    }

    private static List<string> Entries(Cifar10Manifest manifest) =>
        [.. manifest.Files.Select(file => $"{Cifar10Manifest.FolderName}/{file.Name}")];

    private static Dictionary<string, SizeRange> Sizes(Cifar10Manifest manifest) =>
        Entries(manifest).ToDictionary(name => name, _ => new SizeRange(manifest.FileBytes, manifest.FileBytes));
}

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
