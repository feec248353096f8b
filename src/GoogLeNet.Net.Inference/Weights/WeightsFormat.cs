using System.Globalization;
using System.Reflection;
using System.Text.Json;

namespace Inception;

/// <summary>What this library's files of weights say about themselves, and which of a file's tensors are a network's.</summary>
internal static class WeightsFormat
{
    /// <summary>The metadata entry that names the format.</summary>
    public const string FormatKey = "format";

    /// <summary>The metadata entry with the library's version.</summary>
    public const string VersionKey = "version";

    /// <summary>The metadata entry that describes the network.</summary>
    public const string ModelKey = "model";

    /// <summary>The metadata entry with the names of the classes, a JSON array.</summary>
    public const string ClassNamesKey = "classNames";

    /// <summary>The metadata entry that says how pictures become the network's input.</summary>
    public const string PreprocessingKey = "preprocessing";

    /// <summary>The metadata entry with what the main head's logits are divided by before softmax; 1 where there is none.</summary>
    public const string TemperatureKey = "temperature";

    /// <summary>The metadata entry with the probability below which the most probable class is no answer; 0 where there is none.</summary>
    public const string MinimumConfidenceKey = "minimumConfidence";

    /// <summary>Format of a network's weights alone.</summary>
    public const string Weights = "GoogLeNet.Net weights 1";

    /// <summary>Format of a training run: the network's weights and what training needs beside them.</summary>
    public const string Checkpoint = "GoogLeNet.Net checkpoint 1";

    /// <summary>The metadata entry of a checkpoint with the trainer's options.</summary>
    public const string OptionsKey = "options";

    /// <summary>In a checkpoint, what the state key of an averaged parameter or buffer follows.</summary>
    public const string AveragePrefix = "average.";

    // What every format of this library begins with.
    private const string Family = "GoogLeNet.Net ";

    private static readonly string Version = typeof(WeightsFormat).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion;

    // Tensors of a checkpoint that are the run's and not the network's begin with one of these.
    /// <summary>What the keys of an optimizer's state begin with in a checkpoint.</summary>
    public const string OptimizerPrefix = "optimizer.";

    private static readonly string[] RunPrefixes = [OptimizerPrefix, "epoch.", "averaging.", AveragePrefix, "best."];

    /// <summary>The metadata that every model file has.</summary>
    /// <param name="format"><see cref="Weights"/> or <see cref="Checkpoint"/>.</param>
    /// <param name="configuration">The network's configuration.</param>
    /// <param name="classNames">Names of its classes; empty where they are unknown.</param>
    /// <param name="preprocessing">How pictures become its input; null where that is unknown.</param>
    public static Dictionary<string, string> Describe(string format, string configuration, IReadOnlyList<string> classNames, string? preprocessing)
    {
        var metadata = new Dictionary<string, string>
        {
            [FormatKey] = format,
            [VersionKey] = Version,
            [ModelKey] = configuration,
        };
        if (classNames.Count > 0)
        {
            metadata[ClassNamesKey] = JsonSerializer.Serialize(classNames, ModelContext.Default.IReadOnlyListString);
        }

        if (preprocessing is not null)
        {
            metadata[PreprocessingKey] = preprocessing;
        }

        return metadata;
    }

    /// <summary>Refuses a file in a format of this library that this version does not know.</summary>
    /// <exception cref="ModelFileException">It is in one.</exception>
    public static void RequireKnown(SafeTensorsFile file, string path)
    {
        if (file.Metadata.GetValueOrDefault(FormatKey) is { } format && format.StartsWith(Family, StringComparison.Ordinal) && format is not (Weights or Checkpoint))
        {
            throw ModelFileException.Of(path, $"has the format '{format}'; GoogLeNet.Net {Version} reads '{Weights}' and '{Checkpoint}'. Take a newer version of the package");
        }
    }

    /// <summary>The remark, at the end of a message, that a newer version wrote the file; empty where none did.</summary>
    public static string IfNewer(SafeTensorsFile file) =>
        file.Metadata.TryGetValue(VersionKey, out var text) && System.Version.TryParse(text.Split('+', '-')[0], out var written)
        && System.Version.TryParse(Version.Split('+', '-')[0], out var own) && written > own
            ? $" It was written by version {text}, and this is {Version}: take a newer version of the package" : "";

    /// <summary>The names of the classes that a file holds; empty where it holds none.</summary>
    /// <exception cref="ModelFileException">They are not names, or not as many as the network has classes.</exception>
    public static IReadOnlyList<string> ClassNames(this SafeTensorsFile file, string path, int numClasses)
    {
        if (!file.Metadata.TryGetValue(ClassNamesKey, out var json))
        {
            return [];
        }

        try
        {
            var names = JsonSerializer.Deserialize(json, ModelContext.Default.StringArray) ?? throw new JsonException("There are none.");
            return names.Length == numClasses && names.All(name => name is not null) ? names
                : throw new JsonException($"There are {names.Length} names, and the network has {numClasses} classes.");
        }
        catch (JsonException e)
        {
            throw ModelFileException.Of(path, $"has class names that cannot be used: {e.Message}", e);
        }
    }

    /// <summary>What the main head's logits are divided by before softmax.</summary>
    /// <exception cref="ModelFileException">It is no finite number more than 0.</exception>
    public static double Temperature(this SafeTensorsFile file, string path) => file.Number(path, TemperatureKey, 1, value => value > 0 && double.IsFinite(value));

    /// <summary>The probability below which the most probable class is no answer.</summary>
    /// <exception cref="ModelFileException">It is not in [0, 1].</exception>
    public static double MinimumConfidence(this SafeTensorsFile file, string path) => file.Number(path, MinimumConfidenceKey, 0, value => value is >= 0 and <= 1);

    /// <summary>The tensors of a file that are meant for a network.</summary>
    public static IEnumerable<SafeTensor> NetworkTensors(this SafeTensorsFile file)
    {
        var isCheckpoint = file.Metadata.GetValueOrDefault(FormatKey) == Checkpoint;
        return file.Tensors.Values.Where(tensor => !isCheckpoint || !RunPrefixes.Any(prefix => tensor.Name.StartsWith(prefix, StringComparison.Ordinal)));
    }

    /// <summary>The tensors of a checkpoint that are meant for a network, averages where there are such: its counters have none.</summary>
    /// <returns>The tensors under their state keys; none where the file holds no averages.</returns>
    public static IEnumerable<SafeTensor> AveragedTensors(this SafeTensorsFile file)
    {
        var isCheckpoint = file.Metadata.GetValueOrDefault(FormatKey) == Checkpoint;
        var averages = file.Tensors.Values.Where(tensor => isCheckpoint && tensor.Name.StartsWith(AveragePrefix, StringComparison.Ordinal) && tensor.Name != AveragePrefix + SafeTensorsHeader.MetadataKey)
            .Select(tensor => tensor.Named(tensor.Name[AveragePrefix.Length..])).ToList();
        return averages.Count == 0 ? [] : averages.UnionBy(file.NetworkTensors(), tensor => tensor.Name);
    }

    /// <summary>What a network predicts with: the averaged tensors where the file holds such, otherwise the network's.</summary>
    public static IReadOnlyList<SafeTensor> FinalTensors(this SafeTensorsFile file)
    {
        var averages = file.AveragedTensors().ToList();
        return averages.Count > 0 ? averages : [.. file.NetworkTensors()];
    }

    // A number that a file may hold.
    private static double Number(this SafeTensorsFile file, string path, string key, double otherwise, Func<double, bool> isAllowed) =>
        !file.Metadata.TryGetValue(key, out var text) ? otherwise
        : double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && isAllowed(value) ? value
        : throw ModelFileException.Of(path, $"has a {key} that cannot be used: '{text}'");
}
