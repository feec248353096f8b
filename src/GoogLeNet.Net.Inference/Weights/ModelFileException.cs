namespace Inception;

/// <summary>
/// A file with a network cannot be used, or fetched: it is damaged, of another kind or of another version, does not say which network it holds, or is no checkpoint of this run. The message
/// names the file and says what is wrong with it; where one tensor of a safetensors file is damaged, also which.
/// </summary>
public class ModelFileException : IOException
{
    internal ModelFileException(string path, string problem, Exception? inner = null)
        : this(path, ": ", problem, inner)
    {
    }

    private protected ModelFileException(string path, string separator, string problem, Exception? inner)
        : base($"{path}{separator}{problem.TrimEnd('.')}.", inner) => Path = path;

    /// <summary>The file, as it was given to the reader.</summary>
    public string Path { get; }

    /// <summary>The file as a sentence's subject: <c>last.safetensors belongs to another model.</c></summary>
    internal static ModelFileException Of(string path, string predicate, Exception? inner = null) => new(path, " ", predicate, inner);
}

/// <summary>A file is sound, but its tensors are not those of the network. The message names the keys concerned, of many the first; the report has all.</summary>
public sealed class WeightsException : ModelFileException
{
    internal WeightsException(string path, string network, WeightsReport report, string advice)
        : base(path, " ", $"does not fit the network {network}: {report}.{advice}", inner: null) => Report = report;

    /// <summary>The missing, unexpected and misshapen keys.</summary>
    public WeightsReport Report { get; }
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
