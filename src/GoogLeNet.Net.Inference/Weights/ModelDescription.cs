using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Inception;

/// <summary>What a model file says about its network.</summary>
/// <param name="NumClasses">Classes to tell apart, at least 1.</param>
/// <param name="Spec">The network as data.</param>
internal sealed record ModelDescription(int NumClasses, GoogLeNetSpec Spec)
{
    private static readonly JsonTypeInfo<ModelDescription> Format = SpecJson.With(ModelContext.Default).Of<ModelDescription>();

    /// <summary>As model files hold it.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, Format);

    /// <summary>
    /// A configuration as this version writes it: a spec that an earlier version wrote gets the defaults of what it did not know. What is no GoogLeNet's stays as it is.
    /// </summary>
    public static string? Canonical(string? configuration)
    {
        try
        {
            return configuration is null ? null : JsonSerializer.Deserialize(configuration, Format)?.ToJson() ?? configuration;
        }
        catch (Exception e) when (e is JsonException or NotSupportedException or ArgumentException)
        {
            return configuration;
        }
    }

    /// <summary>Reads the description from a file's metadata.</summary>
    /// <exception cref="UnknownModelException">There is none, or no network can be built from it.</exception>
    public static ModelDescription Read(SafeTensorsFile file, string path)
    {
        if (!file.Metadata.TryGetValue(WeightsFormat.ModelKey, out var json))
        {
            throw new UnknownModelException(path, "does not say which network it holds; build it with GoogLeNet.Create and read the file with LoadWeights");
        }

        try
        {
            var description = JsonSerializer.Deserialize(json, Format) ?? throw new JsonException("The description is null.");
            ArgumentOutOfRangeException.ThrowIfLessThan(description.NumClasses, 1, "numClasses");
            description.Spec.Validate();
            return description;
        }
        catch (Exception e) when (e is JsonException or NotSupportedException or ArgumentException)
        {
            throw new UnknownModelException(path, $"holds no GoogLeNet that can be built: {e.Message}", e);
        }
    }
}
