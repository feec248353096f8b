namespace Inception.Data;

/// <summary>A file with a line for each class: the name of its folder, as a synset, then the name that is shown: <c>n01440764 tench, Tinca tinca</c>.</summary>
internal sealed class ClassNameList
{
    private readonly IReadOnlyList<(string Folder, string Name)> classes;
    private readonly Dictionary<string, string> names;

    private ClassNameList(IReadOnlyList<(string Folder, string Name)> classes) =>
        (this.classes, names) = (classes, classes.ToDictionary(entry => entry.Folder, entry => entry.Name));

    /// <summary>No list: folders are shown as they are called.</summary>
    public static ClassNameList None { get; } = new([]);

    /// <exception cref="DatasetException">The file cannot be read, or a line has no name or names a folder again.</exception>
    public static ClassNameList Read(string? path)
    {
        if (path is null)
        {
            return None;
        }

        var entries = new List<(string Folder, string Name)>();
        foreach (var (number, line) in TextLines.Read(path, "list of class names"))
        {
            if (line.Split((char[]?)null, 2, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) is not [var folder, var name])
            {
                throw TextLines.Error(path, "list of class names", number, $"'{line}' is no folder's name and a name to show, such as 'n01440764 tench, Tinca tinca'.");
            }

            entries.Add((folder, name));
        }

        if (entries.CountBy(entry => entry.Folder).FirstOrDefault(count => count.Value > 1).Key is { } twice)
        {
            throw new DatasetException($"The list of class names '{path}' cannot be used: '{twice}' stands in it twice.");
        }

        // ImageNet has two classes that are called crane.
        var often = entries.CountBy(entry => entry.Name).Where(count => count.Value > 1).Select(count => count.Key).ToHashSet();
        return new ClassNameList([.. entries.Select(entry => often.Contains(entry.Name) ? (entry.Folder, $"{entry.Name} ({entry.Folder})") : entry)]);
    }

    /// <summary>What the class of a folder is called.</summary>
    public string NameOf(string folder) => names.GetValueOrDefault(folder, folder);

    /// <summary>The folder of a class that is given by its place in the list; null where there is none.</summary>
    public string? FolderAt(int place) => place < classes.Count ? classes[place].Folder : null;
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
