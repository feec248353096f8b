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
        await Task.Run(() => Unpack(archive, manifest, (file, stream) => Write(Path.Combine(target, manifest.Files[file].Name), stream), cancellationToken), cancellationToken)
            .ConfigureAwait(false);
        File.Delete(archive);
    }

    /// <summary>Reads the records of an archive that is already here, as published or packed anew: each file's SHA-256 is checked.</summary>
    public static void Read(string archive, Cifar10Manifest manifest, IRecordSink sink, CancellationToken cancellationToken)
    {
        // Nor a device or a pipe, which have no length and no end.
        if (Files.LengthOf(archive) == 0)
        {
            throw new DatasetException($"'{archive}' has 0 bytes.");
        }

        Unpack(archive, manifest, (file, stream) => RecordReader.Read(stream, $"{archive}/{manifest.Files[file].Name}", manifest, file, sink), cancellationToken);
    }

    private static void Unpack(string archive, Cifar10Manifest manifest, Action<int, Stream> use, CancellationToken cancellationToken)
    {
        var names = manifest.Files.Select(file => file.Name).ToList();
        var sizes = names.ToDictionary(name => name, _ => new SizeRange(manifest.FileBytes, manifest.FileBytes));
        TarArchive.Read(archive, sizes, (name, stream) => use(names.IndexOf(name), stream), cancellationToken, below: Cifar10Manifest.FolderName);
    }

    private static void Write(string path, Stream content)
    {
        using var file = new FileStream(path, FileMode.CreateNew);
        content.CopyTo(file);
    }
}

/// <summary>Data at a place that the user named: used or refused, never replaced by another source.</summary>
internal sealed record GivenFolder(string FolderOrArchive, string GivenBy)
{
    private const string Advice =
        " Give a folder with the six .bin files of CIFAR-10 or with cifar-10-binary.tar.gz; or give none, and the data is downloaded.";

    private const string PythonFolder = "cifar-10-batches-py";

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
            else if (new[] { manifest.Archive.FileName, Path.ChangeExtension(manifest.Archive.FileName, null) }
                .Select(name => Path.Combine(FolderOrArchive, name)).FirstOrDefault(File.Exists) is { } archive)
            {
                OfficialArchive.Read(archive, manifest, sink, cancellationToken);
            }
            else if (Directory.Exists(Path.Combine(FolderOrArchive, PythonFolder)) || File.Exists(Path.Combine(FolderOrArchive, "data_batch_1")))
            {
                throw new DatasetException("it holds the Python version of CIFAR-10; this library reads the binary version.");
            }
            else
            {
                throw new DatasetException(Directory.Exists(FolderOrArchive) ? "it holds none of the CIFAR-10 files." : "it does not exist.");
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            var reason = Failure.Reason(e);
            reason += reason.Contains($"holds {PythonFolder}/", StringComparison.Ordinal) ? " That is the Python version; this library reads the binary version." : "";
            throw new DatasetException($"CIFAR-10 cannot be read from '{FolderOrArchive}' ({GivenBy}): {reason}{Advice}", e);
        }
    }

    // One record file is enough to say that this is the folder meant; what else it lacks is then reported by name.
    private string? RecordFolder(Cifar10Manifest manifest) =>
        new[] { FolderOrArchive, Path.Combine(FolderOrArchive, Cifar10Manifest.FolderName) }
            .FirstOrDefault(folder => manifest.Files.Any(file => File.Exists(Path.Combine(folder, file.Name))));
}
