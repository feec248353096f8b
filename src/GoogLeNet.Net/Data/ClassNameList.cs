namespace Inception.Data;

/// <summary>A file with a line for each class: the name of its folder, as a synset, then the name that is shown: <c>n01440764 tench, Tinca tinca</c>.</summary>
internal sealed class ClassNameList
{
    private const string What = "list of class names";
    private const string Resource = "imagenet-classes.txt";

    private readonly IReadOnlyList<(string Folder, string Name)> classes;
    private readonly Dictionary<string, string> names;
    private readonly HashSet<string>? known;

    private ClassNameList(IReadOnlyList<(string Folder, string Name)> classes, IEnumerable<string>? known = null) =>
        (this.classes, names, this.known, Names) = (classes, classes.ToDictionary(entry => entry.Folder, entry => entry.Name), known?.ToHashSet(), [.. classes.Select(entry => entry.Name)]);

    /// <summary>ImageNet's 1,000 classes: WordNet's numbers, in whose order the classes are, and the names that torchvision gives them.</summary>
    public static ClassNameList ImageNet { get; } = ReadImageNet();

    /// <summary>What the classes are called, in the list's order.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>The list of <see cref="ImageFolderOptions.ClassNameFile"/>; an empty one if there is none.</summary>
    /// <exception cref="DatasetException">The file cannot be read, or a line has no name or names a folder again.</exception>
    public static ClassNameList Read(ImageFolderOptions options)
    {
        if (options.ClassNameFile is not { } path)
        {
            return new ClassNameList([], options.ClassNames);
        }

        var entries = new List<(string Folder, string Name)>();
        foreach (var (number, line) in TextLines.Read(path, What))
        {
            entries.Add(Entry(line)
                ?? throw TextLines.Error(path, What, number, $"'{line}' is no folder's name and a name to show, such as 'n01440764 tench, Tinca tinca'."));
        }

        if (entries.CountBy(entry => entry.Folder).FirstOrDefault(count => count.Value > 1).Key is { } twice)
        {
            throw new DatasetException($"The {What} '{path}' cannot be used: '{twice}' stands in it twice.");
        }

        // ImageNet has two classes that are called crane.
        var often = entries.CountBy(entry => entry.Name).Where(count => count.Value > 1).Select(count => count.Key).ToHashSet();
        return new ClassNameList([.. entries.Select(entry => often.Contains(entry.Name) ? (entry.Folder, $"{entry.Name} ({entry.Folder})") : entry)], options.ClassNames);
    }

    /// <summary>
    /// What the class of a folder is called: as in the list, else as the folder. A synset of ImageNet that is so none of <see cref="ImageFolderOptions.ClassNames"/> is called as torchvision calls
    /// it if that is one of them, so that pretrained networks know their classes in ImageNet's own folders.
    /// </summary>
    public string NameOf(string folder)
    {
        var name = names.GetValueOrDefault(folder, folder);
        return known?.Contains(name) == false && ImageNet.names.TryGetValue(folder, out var published) && known.Contains(published) ? published : name;
    }

    /// <summary>The folder of a class that is given by its place in the list; null where there is none.</summary>
    public string? FolderAt(int place) => place < classes.Count ? classes[place].Folder : null;

    private static ClassNameList ReadImageNet()
    {
        using var stream = typeof(ClassNameList).Assembly.GetManifestResourceStream(Resource)!;
        using var reader = new StreamReader(stream);
        return new ClassNameList([.. reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => Entry(line)!.Value)]);
    }

    private static (string Folder, string Name)? Entry(string line) =>
        line.Split((char[]?)null, 2, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) is [var folder, var name] ? (folder, name) : null;
}
