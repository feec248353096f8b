namespace Inception.Data;

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

        if (Failure.OfSum(archive, manifest.Archive.Sha256) is { } wrong)
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
