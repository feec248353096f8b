using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Inception;

/// <summary>What a model file says about its network.</summary>
/// <param name="NumClasses">Classes to tell apart, at least 1.</param>
/// <param name="Spec">The network as data.</param>
internal sealed record ModelDescription(int NumClasses, GoogLeNetSpec Spec)
{
    private static readonly JsonSerializerOptions Format = SpecJson.With(ModelContext.Default);

    /// <summary>As model files hold it.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, FormatWith(Spec.Auxiliaries.Select(head => head.Pooling?.GetType()).OfType<Type>()));

    /// <summary>
    /// A configuration as this version writes it: a spec that an earlier version wrote gets the defaults of what it did not know. What is no GoogLeNet's stays as it is.
    /// </summary>
    public static string? Canonical(string? configuration)
    {
        try
        {
            return configuration is null ? null : JsonSerializer.Deserialize(configuration, FormatWith([]))?.ToJson() ?? configuration;
        }
        catch (Exception e) when (e is JsonException or NotSupportedException or ArgumentException)
        {
            return configuration;
        }
    }

    /// <summary>Reads the description from a file's metadata.</summary>
    /// <param name="file">The file.</param>
    /// <param name="path">Its name.</param>
    /// <param name="ownTypes">Poolings of the user's own that it may name; null for none.</param>
    /// <exception cref="ModelFileException">There is none, or no network can be built from it.</exception>
    public static ModelDescription Read(SafeTensorsFile file, string path, IReadOnlyList<Type>? ownTypes = null)
    {
        WeightsFormat.RequireKnown(file, path);
        if (!file.Metadata.TryGetValue(WeightsFormat.ModelKey, out var json))
        {
            throw ModelFileException.Of(path, "does not say which network it holds; build it with GoogLeNet.Create and read the file with LoadWeights");
        }

        if (!json.TrimStart().StartsWith('{'))
        {
            var kind = json.Length > 60 ? $"{json[..60]} …" : json;
            throw ModelFileException.Of(path, $"holds a model of another kind ({kind}); build that in your program, for example with MultiHeadModel.Wrap, and read the file with LoadWeights");
        }

        try
        {
            var description = JsonSerializer.Deserialize(json, FormatWith(ownTypes ?? [])) ?? throw new JsonException("The description is null.");
            ArgumentOutOfRangeException.ThrowIfLessThan(description.NumClasses, 1, "numClasses");
            description.Spec.Validate();
            return description;
        }
        catch (Exception e) when (e is JsonException or NotSupportedException or ArgumentException)
        {
            var advice = e.Message.Contains("discriminator", StringComparison.Ordinal) ? " A pooling of your own is handed over: Load(path, ownTypes: [typeof(…)])" : "";
            throw ModelFileException.Of(path, $"holds no GoogLeNet that can be built: {e.Message.Split(" Path: ")[0]}{advice}{WeightsFormat.IfNewer(file)}", e);
        }
    }

    private static JsonTypeInfo<ModelDescription> FormatWith(IEnumerable<Type> ownTypes) => SpecJson.With(Format, ownTypes).Of<ModelDescription>();
}

/// <summary>How the metadata of model files are written, generated at build time.</summary>
[JsonSourceGenerationOptions(GenerationMode = JsonSourceGenerationMode.Metadata)]
[JsonSerializable(typeof(ModelDescription))]
[JsonSerializable(typeof(IReadOnlyList<string>))]
[JsonSerializable(typeof(string[]))]
internal sealed partial class ModelContext : JsonSerializerContext;
