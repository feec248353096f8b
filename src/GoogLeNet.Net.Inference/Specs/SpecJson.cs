using System.Text.Json;
using System.Text.Json.Serialization;

namespace Inception;

/// <summary>How specs and options are written as JSON: camelCase names, enumerations as words, unknown and missing fields refused.</summary>
public static class SpecJson
{
    /// <summary>The options to serialize and read specs, trainer options and recipes with.</summary>
    public static JsonSerializerOptions Options { get; } = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        NumberHandling = JsonNumberHandling.Strict,
        AllowOutOfOrderMetadataProperties = true,
        RespectRequiredConstructorParameters = true,
        RespectNullableAnnotations = true,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase, allowIntegerValues: false) },
    };
}
