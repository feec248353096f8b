namespace Inception;

/// <summary>A model file cannot be used, or fetched. The message names the file and says what is wrong with it.</summary>
public class ModelFileException : IOException
{
    internal ModelFileException(string path, string problem, Exception? inner = null)
        : base($"{path}: {problem.TrimEnd('.')}.", inner) => Path = path;

    private protected ModelFileException(string message, Exception? inner)
        : base(message, inner)
    {
    }

    /// <summary>The file, as it was given to the reader.</summary>
    public string Path { get; private protected init; } = "";
}

/// <summary>A file is not a whole, valid safetensors file. The message names the file, the tensor and the offset.</summary>
public sealed class SafeTensorsException : ModelFileException
{
    internal SafeTensorsException(string fileName, string problem, string? tensorName = null, long? offset = null, Exception? inner = null)
        : base(Describe(fileName, problem, tensorName, offset), inner) => (Path, TensorName, Offset) = (fileName, tensorName, offset);

    /// <summary>The tensor concerned, or null where the problem is not one tensor's.</summary>
    public string? TensorName { get; }

    /// <summary>Byte in the file where the problem was seen, from 0, or null where it has no one place.</summary>
    public long? Offset { get; }

    private static string Describe(string file, string problem, string? tensor, long? offset)
    {
        string place = offset is null ? "" : $" (at byte {offset})";
        return tensor is null ? $"{file}: {problem}{place}" : $"{file}: tensor '{tensor}': {problem}{place}";
    }
}

/// <summary>A file is a sound safetensors file, but does not say which network its weights belong to, or how to use it.</summary>
public sealed class UnknownModelException : ModelFileException
{
    internal UnknownModelException(string path, string reason, Exception? inner = null)
        : base($"{path} {reason.TrimEnd('.')}.", inner) => Path = path;
}

/// <summary>A file is sound, but its tensors are not those of the network. The message names the keys concerned, of many the first; the report has all.</summary>
public sealed class WeightsException : ModelFileException
{
    internal WeightsException(string path, string network, WeightsReport report, string advice)
        : base($"{path} does not fit the network {network}: {report}.{advice}", inner: null) => (Path, Report) = (path, report);

    /// <summary>The missing, unexpected and misshapen keys.</summary>
    public WeightsReport Report { get; }
}

/// <summary>A file is a sound safetensors file, but not a checkpoint that a run can continue from.</summary>
public sealed class CheckpointException : ModelFileException
{
    internal CheckpointException(string path, string reason)
        : base($"{path} {reason.TrimEnd('.')}.", inner: null) => Path = path;
}

/// <summary>How the tensors of a file fit a network, each list in the order of the keys' characters.</summary>
public sealed class WeightsReport
{
    private const string BatchCounter = ".num_batches_tracked";

    // Of each kind in a message; the lists have all.
    private const int MostKeys = 10;

    private WeightsReport(
        IReadOnlyList<string> loaded, IReadOnlyList<string> cast, IReadOnlyList<string> missing, IReadOnlyList<string> unexpected, IReadOnlyList<(string Key, string InFile, string InNetwork)> misshapen) =>
        (Loaded, Cast, Missing, Unexpected, Misshapen) = (loaded, cast, missing, unexpected, misshapen);

    /// <summary>State keys that fit.</summary>
    public IReadOnlyList<string> Loaded { get; }

    /// <summary>Those of <see cref="Loaded"/> whose values had another element type in the file and were cast, as from bfloat16 to float32.</summary>
    public IReadOnlyList<string> Cast { get; }

    /// <summary>State keys of the network that the file lacks. Batch normalizations' counters of batches do not count: old files have none, and they keep theirs.</summary>
    public IReadOnlyList<string> Missing { get; }

    /// <summary>Keys of the file that the network lacks.</summary>
    public IReadOnlyList<string> Unexpected { get; }

    /// <summary>
    /// Keys of both that differ in shape, or in an element type that is not cast: floating-point numbers are cast among themselves, and integers are. With each its type and shape in the
    /// file, for example <c>F32 (1000, 1024)</c>, and in the network.
    /// </summary>
    public IReadOnlyList<(string Key, string InFile, string InNetwork)> Misshapen { get; }

    /// <summary>Whether nothing is missing, unexpected or misshapen.</summary>
    public bool IsComplete => Missing.Count + Unexpected.Count + Misshapen.Count == 0;

    /// <summary>The keys that do not fit, and why: of many, the first ten of each kind.</summary>
    public override string ToString()
    {
        var problems = new[]
        {
            Describe("missing", Missing),
            Describe("unexpected", Unexpected),
            Describe("misshapen", [.. Misshapen.Select(weight => $"{weight.Key} ({weight.InFile} in the file, {weight.InNetwork} in the network)")]),
        }.Where(problem => problem.Length > 0).ToList();
        return problems.Count > 0 ? string.Join("; ", problems) : $"all {Loaded.Count} tensors fit{(Cast.Count > 0 ? $", {Cast.Count} of them cast" : "")}";
    }

    /// <summary>Compares a file's tensors with a network's; nothing is copied.</summary>
    /// <param name="file">Type and shape of each of the file's tensors.</param>
    /// <param name="network">Type and shape that the network wants, by state key.</param>
    internal static WeightsReport Compare(IReadOnlyDictionary<string, TensorForm> file, IReadOnlyDictionary<string, TensorForm> network)
    {
        var fits = Ordered(network.Keys.Where(file.ContainsKey)).ToLookup(key => file[key].FitsInto(network[key]));
        return new WeightsReport(
            [.. fits[true]],
            [.. fits[true].Where(key => file[key].Type != network[key].Type)],
            [.. Ordered(network.Keys.Where(key => !file.ContainsKey(key) && !key.EndsWith(BatchCounter, StringComparison.Ordinal)))],
            [.. Ordered(file.Keys.Where(key => !network.ContainsKey(key)))],
            [.. fits[false].Select(key => (key, file[key].ToString(), network[key].ToString()))]);
    }

    private static IEnumerable<string> Ordered(IEnumerable<string> keys) => keys.Order(StringComparer.Ordinal);

    private static string Describe(string what, IReadOnlyList<string> items) => items.Count == 0 ? ""
        : $"{what}: {string.Join(", ", items.Take(MostKeys))}{(items.Count > MostKeys ? $" … and {items.Count - MostKeys} more" : "")}";
}
