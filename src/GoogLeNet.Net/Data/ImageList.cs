using System.Globalization;

namespace Inception.Data;

/// <summary>A file that lists pictures and their classes.</summary>
/// <param name="path">The file.</param>
/// <param name="folder">What its paths are below.</param>
/// <param name="options">Class names.</param>
internal sealed class ImageList(string path, string folder, ImageFolderOptions options)
{
    private const string What = "image list";

    // ImageNet's LOC_val_solution.csv: pictures without extension, then a class and a box for each object.
    private const string SolutionHeader = "ImageId,PredictionString";
    private const string SolutionExtension = ".JPEG";

    private readonly ClassNameList names = ClassNameList.Read(options);

    /// <exception cref="DatasetException">The list cannot be read, a line is no picture and class, a class is unknown, or a file is missing.</exception>
    public FolderContent Read()
    {
        FolderContent.CheckGiven(options.ClassNames);
        var lines = TextLines.Read(path, What);
        var entries = lines[0].Line == SolutionHeader ? lines.Skip(1).Select(Solution).ToList() : lines.Select(Entry).ToList();
        if (entries.Count == 0)
        {
            throw new DatasetException($"The {What} '{path}' cannot be used: it names no pictures.");
        }

        var classes = options.ClassNames ?? Classes(entries);
        var numbers = classes.Index().ToDictionary(entry => entry.Item, entry => entry.Index);
        int[] labels = [.. entries.Select(entry => Label(entry, classes, numbers))];
        string[] files = [.. entries.Select(entry => Path.Combine(folder, entry.File))];
        RequireFiles(files, entries);
        return new FolderContent(folder, [.. classes], files, labels);
    }

    private static string Quoted(IReadOnlyList<string> names) => string.Join(", ", names.Take(6).Select(name => $"'{name}'")) + (names.Count > 6 ? $" … ({names.Count} in all)" : "");

    private PictureEntry Entry((int Number, string Line) line)
    {
        // As Caffe: a file's name may have spaces.
        var split = line.Line.LastIndexOfAny([' ', '\t']);
        return split > 0
            ? new PictureEntry(line.Number, line.Line[..split].TrimEnd(), line.Line[(split + 1)..])
            : throw TextLines.Error(path, What, line.Number, $"'{line.Line}' is no file and class, such as 'ILSVRC2012_val_00000001.JPEG 65'.");
    }

    private PictureEntry Solution((int Number, string Line) line) => line.Line.Split([',', ' '], 3) is [var picture, var own, ..]
        ? new PictureEntry(line.Number, picture + SolutionExtension, own)
        : throw TextLines.Error(path, What, line.Number, $"'{line.Line}' is no picture and class, such as 'ILSVRC2012_val_00000001,n01751748 …'.");

    // In the order that the folders of the training set have; numbers without names stand for themselves.
    private IReadOnlyList<string> Classes(IReadOnlyList<PictureEntry> entries)
    {
        var own = entries.Select(entry => entry.Class).Distinct().ToList();
        return own.TrueForAll(text => Number(text) is not null)
            ? names.FolderAt(0) is null
                ? [.. Enumerable.Range(0, own.Max(text => Number(text)!.Value) + 1).Select(number => number.ToString(CultureInfo.InvariantCulture))]
                : [.. own.Select(text => names.FolderAt(Number(text)!.Value)).OfType<string>().Order(StringComparer.Ordinal).Select(names.NameOf)]
            : [.. own.Order(StringComparer.Ordinal).Select(names.NameOf)];
    }

    private int Label(PictureEntry entry, IReadOnlyList<string> classes, Dictionary<string, int> numbers)
    {
        var name = Number(entry.Class) is not { } number ? names.NameOf(entry.Class)
            : names.FolderAt(0) is null ? classes.ElementAtOrDefault(number)
            : names.FolderAt(number) is { } known ? names.NameOf(known) : null;
        return name is not null && numbers.TryGetValue(name, out var label) ? label
            : throw TextLines.Error(path, What, entry.Line, $"'{entry.Class}' is no class; there are {Quoted([.. classes])}{(Number(entry.Class) is null ? "" : ", numbered from 0")}.");
    }

    private static int? Number(string text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    private void RequireFiles(string[] files, IReadOnlyList<PictureEntry> entries)
    {
        if (options.SkipDamaged)
        {
            return; // they are passed over when they are read
        }

        int[] missing = [.. Enumerable.Range(0, files.Length).AsParallel().AsOrdered().Where(i => !File.Exists(files[i]))];
        if (missing.Length > 0)
        {
            var others = missing.Length == 1 ? "" : $", as {(missing.Length == 2 ? "another one" : $"{missing.Length - 1:N0} others")}";
            throw TextLines.Error(path, What, entries[missing[0]].Line, $"'{files[missing[0]]}' does not exist{others}. The list's paths are below '{folder}'; set ImageFolderOptions.SkipDamaged to go on without them.");
        }
    }

    private readonly record struct PictureEntry(int Line, string File, string Class);
}

/// <summary>Text files with an entry in each line.</summary>
internal static class TextLines
{
    /// <summary>The lines that are not empty, trimmed, with their numbers from 1.</summary>
    /// <exception cref="DatasetException">The file cannot be read, or has no such line.</exception>
    public static IReadOnlyList<(int Number, string Line)> Read(string path, string what)
    {
        try
        {
            var lines = File.ReadLines(path).Select((line, i) => (i + 1, line.Trim())).Where(line => line.Item2.Length > 0).ToList();
            return lines.Count > 0 ? lines : throw new DatasetException("it is empty.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new DatasetException($"The {what} '{path}' cannot be used: {Failure.Reason(e)}", e);
        }
    }

    public static DatasetException Error(string path, string what, int line, string reason) => new($"The {what} '{path}' cannot be used: line {line}: {reason}");
}
