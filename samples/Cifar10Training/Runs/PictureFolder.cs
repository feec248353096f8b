using Cifar10Training.Display;
using Inception.Data;

namespace Cifar10Training.Runs;

/// <summary>
/// A folder of pictures in ImageNet's layout: class folders in <c>train</c>; class folders in <c>val</c> too, or pictures with their classes in <c>val.txt</c> or <c>LOC_val_solution.csv</c> beside it;
/// names of the classes in <c>LOC_synset_mapping.txt</c> or <c>synset_words.txt</c>, if there.
/// </summary>
internal static class PictureFolder
{
    public const string Train = "train";
    public const string Validation = "val";

    private static readonly string[] NameFiles = ["LOC_synset_mapping.txt", "synset_words.txt"];
    private static readonly string[] Lists = ["val.txt", "LOC_val_solution.csv"];

    /// <summary>Whether a folder has that layout.</summary>
    public static bool Is(string? data) => data is not null && Directory.Exists(Path.Combine(data, Validation));

    /// <exception cref="DatasetException">The folder does not have that layout, or a picture cannot be read.</exception>
    public static ImageFolderDataset LoadTrain(string data, int size, RunDisplay display, CancellationToken cancellationToken) =>
        ImageFolderDataset.Load(Path.Combine(data, Train), size, Options(data, classNames: null), logger: new DisplayLog(display), cancellationToken: cancellationToken);

    /// <param name="data">The folder.</param>
    /// <param name="size">Height and width of the images.</param>
    /// <param name="classNames">The network's classes; null where it does not know them: they are then in the order of the folders' names, as everywhere.</param>
    /// <param name="display">Told of what is passed over.</param>
    /// <param name="isReadOnce">Whether pictures are looked at once, so that none is kept in memory.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    /// <exception cref="DatasetException">The folder does not have that layout, or a picture cannot be read.</exception>
    public static ImageFolderDataset LoadValidation(
        string data, int size, IReadOnlyList<string>? classNames, RunDisplay display, bool isReadOnce, CancellationToken cancellationToken)
    {
        var (folder, options, log) = (Path.Combine(data, Validation), Options(data, classNames) with { MemoryBudget = isReadOnce ? 0 : null }, new DisplayLog(display));
        return Existing(data, Lists) is { } list && !Directory.EnumerateDirectories(folder).Any()
            ? ImageFolderDataset.LoadList(list, folder, size, options, logger: log, cancellationToken: cancellationToken)
            : ImageFolderDataset.Load(folder, size, options, logger: log, cancellationToken: cancellationToken);
    }

    private static ImageFolderOptions Options(string data, IReadOnlyList<string>? classNames) => new() { ClassNameFile = Existing(data, NameFiles), ClassNames = classNames };

    private static string? Existing(string data, IEnumerable<string> names) => names.Select(name => Path.Combine(data, name)).FirstOrDefault(File.Exists);
}
