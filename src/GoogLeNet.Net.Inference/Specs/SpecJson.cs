using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Inception;

/// <summary>How specs and options are written as JSON: camelCase names, enumerations as words, unknown and missing fields refused.</summary>
public static class SpecJson
{
    /// <summary>The options to serialize and read specs, trainer options and recipes with.</summary>
    public static JsonSerializerOptions Options { get; } = ReadOnly(new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        NumberHandling = JsonNumberHandling.Strict,
        AllowOutOfOrderMetadataProperties = true,
        RespectRequiredConstructorParameters = true,
        RespectNullableAnnotations = true,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase, allowIntegerValues: false) },
    });

    /// <summary>The same options for values that may be of types of the user's own: the full name of such a type is its discriminator.</summary>
    /// <param name="ownTypes">Classes of the user's own; those of this library are left out.</param>
    internal static JsonSerializerOptions With(IEnumerable<Type> ownTypes)
    {
        Type[] types = [.. ownTypes.Distinct()];
        return types.Length == 0 ? Options : new JsonSerializerOptions(Options)
        {
            TypeInfoResolver = (Options.TypeInfoResolver ?? new DefaultJsonTypeInfoResolver()).WithAddedModifier(info => Add(info, types)),
        };
    }

    private static JsonSerializerOptions ReadOnly(JsonSerializerOptions options)
    {
        options.MakeReadOnly(populateMissingResolver: true);
        return options;
    }

    private static void Add(JsonTypeInfo info, Type[] types)
    {
        if (info.PolymorphismOptions?.DerivedTypes is { } known)
        {
            foreach (var type in types.Where(type => type.IsAssignableTo(info.Type) && known.All(derived => derived.DerivedType != type)))
            {
                known.Add(new(type, type.FullName!));
            }
        }
    }
}
