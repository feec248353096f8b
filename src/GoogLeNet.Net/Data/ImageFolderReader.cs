using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using static TorchSharp.torch;

namespace Inception.Data;

/// <summary>What a folder of class folders holds.</summary>
/// <param name="Folder">The folder.</param>
/// <param name="Classes">Names of the class folders, in ordinal order.</param>
/// <param name="Files">Paths of all images, class by class, each class in ordinal order.</param>
/// <param name="Labels">Class of each file.</param>
internal sealed record FolderContent(string Folder, IReadOnlyList<string> Classes, IReadOnlyList<string> Files, IReadOnlyList<int> Labels)
{
    private static readonly string[] SystemFiles = ["Thumbs.db", "desktop.ini"];

    // Hidden by a leading dot everywhere, by its attribute on Windows; .NET reports the dot as that attribute on Unix.
    private static readonly EnumerationOptions Visible = new() { AttributesToSkip = FileAttributes.Hidden | FileAttributes.System, IgnoreInaccessible = false };

    /// <exception cref="DatasetException">The folder is missing or unreadable, holds no class folders, or one of them holds no files.</exception>
    public static FolderContent List(string folder)
    {
        try
        {
            return ListUnchecked(folder);
        }
        catch (Exception e) when (e is UnauthorizedAccessException or ArgumentException or IOException and not DatasetException)
        {
            throw Refused(folder, Failure.Reason(e), e);
        }
    }

    /// <exception cref="DatasetException">A class is not among the labels, because every image of it was skipped.</exception>
    public void CheckEveryClassIsIn(long[] labels)
    {
        var missing = Enumerable.Range(0, Classes.Count).Except(labels.Select(label => (int)label)).ToList();
        if (missing.Count > 0)
        {
            throw Refused(Folder, $"no file of class {string.Join(", ", missing.Select(label => $"'{Classes[label]}'"))} can be read.");
        }
    }

    private static FolderContent ListUnchecked(string folder)
    {
        if (!Directory.Exists(folder))
        {
            throw Refused(folder, File.Exists(folder) ? "it is a file." : "it does not exist.");
        }

        string[] classes = [.. Directory.EnumerateDirectories(folder, "*", Visible).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];
        if (classes.Length == 0)
        {
            throw Refused(folder, "it has no subfolders; one for each class is expected, with that class's images in it.");
        }

        var files = classes.Select(name => Images(Path.Combine(folder, name))).ToList();
        var empty = classes.Where((_, i) => files[i].Length == 0).ToList();
        if (empty.Count > 0)
        {
            throw Refused(folder, $"there are no images in {string.Join(", ", empty.Select(name => $"'{name}'"))}; every subfolder is a class.");
        }

        return new FolderContent(folder, classes, [.. files.SelectMany(own => own)], [.. files.SelectMany((own, label) => own.Select(_ => label))]);
    }

    private static string[] Images(string folder) =>
    [
        .. Directory.EnumerateFiles(folder, "*", Visible)
            .Where(path => !SystemFiles.Contains(Path.GetFileName(path), StringComparer.OrdinalIgnoreCase))
            .Order(StringComparer.Ordinal),
    ];

    private static DatasetException Refused(string folder, string reason, Exception? inner = null) =>
        new($"The image folder '{folder}' cannot be used: {reason}", inner!);
}

/// <summary>Reads a folder's images on every core.</summary>
internal sealed class FolderReader(FolderContent content, ImageFolderOptions options, ILogger logger, IProgress<ImageFolderProgress>? progress)
{
    private int done;

    /// <summary>Writes image i to <paramref name="images"/>[i], which is uint8 (N, 3, height, width).</summary>
    /// <returns>Indices of the images that could be read, ascending: all of them unless damaged ones may be skipped.</returns>
    /// <exception cref="DatasetException">Files cannot be read; the message names the first.</exception>
    public long[] ReadInto(Tensor images, int width, int height, CancellationToken cancellationToken)
    {
        var failures = new ConcurrentDictionary<int, DatasetException>();
        var parallel = new ParallelOptions { CancellationToken = cancellationToken, MaxDegreeOfParallelism = Environment.ProcessorCount };
        Parallel.For(0, content.Files.Count, parallel, (i, loop) =>
        {
            try
            {
                using var scope = NewDisposeScope();
                ImageResize.Fit(ImageFile.Load(content.Files[i]), width, height, options.Fit, images.select(0, i).bytes);
            }
            catch (DatasetException e)
            {
                failures[i] = e;
                if (!options.SkipDamaged)
                {
                    loop.Break(); // images before this one are still read, so that the first failure is always the same
                }
            }

            progress?.Report(new ImageFolderProgress(Interlocked.Increment(ref done), content.Files.Count));
        });
        return Kept(failures);
    }

    private long[] Kept(ConcurrentDictionary<int, DatasetException> failures)
    {
        var inOrder = failures.OrderBy(failure => failure.Key).Select(failure => failure.Value).ToList();
        if (inOrder.Count > 0 && !options.SkipDamaged)
        {
            throw new DatasetException($"{inOrder[0].Message} Remove or replace the file, or set ImageFolderOptions.SkipDamaged to go on without it.", inOrder[0]);
        }

        foreach (var failure in inOrder)
        {
            DataLog.PassedOver(logger, failure.Message);
        }

        return [.. Enumerable.Range(0, content.Files.Count).Where(i => !failures.ContainsKey(i)).Select(i => (long)i)];
    }
}
