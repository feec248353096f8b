using System.IO.Enumeration;

namespace Inception.Data;

/// <summary>What a folder of class folders holds.</summary>
/// <param name="Folder">The folder.</param>
/// <param name="Classes">Names of the classes.</param>
/// <param name="Files">Paths of all images, class by class, each class in ordinal order.</param>
/// <param name="Labels">Class of each file.</param>
internal sealed record FolderContent(string Folder, IReadOnlyList<string> Classes, IReadOnlyList<string> Files, IReadOnlyList<int> Labels)
{
    private static readonly string[] SystemFiles = ["Thumbs.db", "desktop.ini"];

    // What a Mac's archives and a disk station add; neither holds pictures.
    private static readonly string[] SystemFolders = ["__MACOSX", "@eaDir"];

    private static readonly string[] Parts = ["train", "training", "val", "valid", "validation", "test", "testing"];

    // Hidden by a leading dot everywhere, by its attribute on Windows; .NET reports the dot as that attribute on Unix.
    private static readonly EnumerationOptions Visible = new() { AttributesToSkip = FileAttributes.Hidden | FileAttributes.System, IgnoreInaccessible = false };
    private static readonly EnumerationOptions VisibleBelow = new()
    {
        AttributesToSkip = Visible.AttributesToSkip,
        IgnoreInaccessible = false,
        RecurseSubdirectories = true,
    };

    /// <exception cref="DatasetException">The folder is missing or unreadable, holds no class folders or images, or not those of the given classes.</exception>
    /// <exception cref="ArgumentException">A class is given twice, or none is.</exception>
    public static FolderContent List(string folder, ImageFolderOptions options)
    {
        CheckGiven(options.ClassNames);
        var names = ClassNameList.Read(options);
        try
        {
            return File.Exists(folder) ? throw new DatasetException("it is a file.") : ListUnchecked(folder, options.ClassNames, names);
        }
        catch (Exception e) when (e is UnauthorizedAccessException or ArgumentException or IOException)
        {
            throw new DatasetException($"The image folder '{folder}' cannot be used: {Failure.Reason(e)}", e);
        }
    }

    /// <exception cref="ArgumentException">A class is given twice, or none is.</exception>
    public static void CheckGiven(IReadOnlyList<string>? given)
    {
        if (given is not null && (given.Count == 0 || given.Distinct().Count() < given.Count))
        {
            throw new ArgumentException($"ClassNames must name each class once; they are {Names(given)}.", nameof(given));
        }
    }

    /// <summary>Refuses labels that lack a class, because all its images were passed over.</summary>
    public void CheckClasses(long[] labels, bool mayBeEmpty)
    {
        if (labels.Length == 0)
        {
            throw Unreadable(Classes);
        }

        var missing = Labels.Select(label => (long)label).Except(labels).Select(label => Classes[(int)label]).ToList();
        if (missing.Count > 0 && !mayBeEmpty)
        {
            throw Unreadable(missing);
        }
    }

    /// <summary>The error that all files of classes are damaged.</summary>
    public DatasetException Unreadable(IEnumerable<string> classes) => new($"The image folder '{Folder}' cannot be used: no file of class {Names(classes)} can be read.");

    /// <summary>Some of the files.</summary>
    public FolderContent Pick(long[] samples) => this with { Files = [.. samples.Select(i => Files[(int)i])], Labels = [.. samples.Select(i => Labels[(int)i])] };

    private static FolderContent ListUnchecked(string folder, IReadOnlyList<string>? given, ClassNameList names)
    {
        string[] found = [.. Directory.EnumerateDirectories(folder, "*", Visible).Select(path => Path.GetFileName(path)).Except(SystemFolders).Order(StringComparer.Ordinal)];
        if (found.Length == 0)
        {
            throw new DatasetException("it has no subfolders; one for each class is expected, with that class's images in it.");
        }

        if (given is null && found.All(name => Parts.Contains(name, StringComparer.OrdinalIgnoreCase) && !HasOwnFiles(Path.Combine(folder, name))))
        {
            throw new DatasetException($"its subfolders {Names(found)} are parts of a data set and no classes. Load each of them by itself, as '{Path.Combine(folder, found[0])}'; to have them as classes, give ClassNames.");
        }

        var folders = found.ToLookup(names.NameOf);
        if (folders.FirstOrDefault(own => own.Count() > 1) is { } alike)
        {
            throw new DatasetException($"its subfolders {Names(alike)} are the same class, '{alike.Key}'. Move the images of all into one of them.");
        }

        var classes = given ?? [.. found.Select(names.NameOf)];
        if (folders.Select(own => own.Key).Except(classes).ToList() is { Count: > 0 } others)
        {
            throw new DatasetException($"{Names(others)} is none of the given classes, which are {Names(classes)}.");
        }

        var files = classes.Select(name => folders[name].SingleOrDefault() is { } own ? Images(Path.Combine(folder, own)) : []).ToList();
        var empty = classes.Where((_, i) => files[i].Length == 0).ToList();
        if (empty.Count > 0 && (given is null || empty.Count == classes.Count))
        {
            throw new DatasetException($"there are no images in {Names(empty)}; every subfolder is a class. Fill it, delete it, or set ImageFolderOptions.ClassNames, which may name classes without images.");
        }

        return new FolderContent(folder, [.. classes], [.. files.SelectMany(own => own)], [.. files.SelectMany((own, label) => own.Select(_ => label))]);
    }

    private static bool HasOwnFiles(string folder) => Directory.EnumerateFiles(folder, "*", Visible).Any(path => !SystemFiles.Contains(Path.GetFileName(path), StringComparer.OrdinalIgnoreCase));

    // In the same order on every system. A link to a folder could lead in a circle.
    private static string[] Images(string folder) =>
    [
        .. new FileSystemEnumerable<string>(folder, (ref FileSystemEntry entry) => entry.ToFullPath(), VisibleBelow)
        {
            ShouldIncludePredicate = (ref FileSystemEntry entry) => !entry.IsDirectory,
            ShouldRecursePredicate = (ref FileSystemEntry entry) => !entry.Attributes.HasFlag(FileAttributes.ReparsePoint) && !SystemFolders.Contains(entry.FileName.ToString()),
        }
        .Where(path => !SystemFiles.Contains(Path.GetFileName(path), StringComparer.OrdinalIgnoreCase))
        .OrderBy(path => path.Replace(Path.DirectorySeparatorChar, '/'), StringComparer.Ordinal),
    ];

    private static string Names(IEnumerable<string> names) => string.Join(", ", names.Select(name => $"'{name}'"));
}
