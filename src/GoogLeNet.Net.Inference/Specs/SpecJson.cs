using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Inception;

/// <summary>How specs and options are written as JSON: camelCase names, enumerations as words, unknown and missing fields refused.</summary>
public static class SpecJson
{
    /// <summary>The options to serialize and read specs, trainer options and recipes with. Types other than specs need reflection, which trimmed programs have on demand alone.</summary>
    public static JsonSerializerOptions Options { get; } = ReadOnly(new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        NumberHandling = JsonNumberHandling.Strict,
        AllowOutOfOrderMetadataProperties = true,
        RespectRequiredConstructorParameters = true,
        RespectNullableAnnotations = true,
        Converters =
        {
            new CamelCaseEnumConverter<Normalization>(), new CamelCaseEnumConverter<Branch5x5>(), new CamelCaseEnumConverter<PaddingRule>(), new CamelCaseEnumConverter<PoolingRule>(),
            new CamelCaseEnumConverter<WeightInitializer>(),
        },
        TypeInfoResolver = SpecContext.Default.WithAddedModifier(InitializerDefaults.Keep),
    });

    /// <summary>The same options for values that may be of types of the user's own: the full name of such a type is its discriminator.</summary>
    /// <param name="ownTypes">Classes of the user's own; those of this library are left out.</param>
    internal static JsonSerializerOptions With(IEnumerable<Type> ownTypes) => With(Options, ownTypes);

    /// <summary>Options for values that may be of types of the user's own.</summary>
    /// <param name="options">Those for the library's own types.</param>
    /// <param name="ownTypes">Classes of the user's own; those of this library are left out.</param>
    internal static JsonSerializerOptions With(JsonSerializerOptions options, IEnumerable<Type> ownTypes)
    {
        Type[] types = [.. ownTypes.Distinct()];
        return types.Length == 0 ? options : new JsonSerializerOptions(options) { TypeInfoResolver = options.TypeInfoResolver!.WithAddedModifier(info => Add(info, types)) };
    }

    /// <summary>The same options for the types of another generated context, too.</summary>
    internal static JsonSerializerOptions With(JsonSerializerContext context, params JsonConverter[] converters)
    {
        var options = new JsonSerializerOptions(Options);
        options.TypeInfoResolverChain.Insert(0, ((IJsonTypeInfoResolver)context).WithAddedModifier(InitializerDefaults.Keep));
        foreach (var converter in converters)
        {
            options.Converters.Insert(0, converter);
        }

        options.MakeReadOnly();
        return options;
    }

    /// <summary>An enumeration of another context as words.</summary>
    internal static JsonConverter Words<T>()
        where T : struct, Enum => new CamelCaseEnumConverter<T>();

    /// <summary>How values of a type are written with these options.</summary>
    internal static JsonTypeInfo<T> Of<T>(this JsonSerializerOptions options) => (JsonTypeInfo<T>)options.GetTypeInfo(typeof(T));

    [UnconditionalSuppressMessage("Trimming", "IL2026", Justification = "Only where the program has reflection for JSON; what it names itself it keeps itself.")]
    [UnconditionalSuppressMessage("AOT", "IL3050", Justification = "As above.")]
    private static JsonSerializerOptions ReadOnly(JsonSerializerOptions options)
    {
        if (JsonSerializer.IsReflectionEnabledByDefault)
        {
            options.Converters.Add(new JsonStringEnumConverter(JsonNamingPolicy.CamelCase, allowIntegerValues: false));
            options.TypeInfoResolverChain.Add(new DefaultJsonTypeInfoResolver());
        }

        options.MakeReadOnly();
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

/// <summary>How specs are written, generated at build time: nothing is lost in a trimmed program.</summary>
[JsonSourceGenerationOptions(GenerationMode = JsonSourceGenerationMode.Metadata)]
[JsonSerializable(typeof(GoogLeNetSpec))]
internal sealed partial class SpecContext : JsonSerializerContext;

/// <summary>An enumeration as words, never as numbers.</summary>
internal sealed class CamelCaseEnumConverter<T>() : JsonStringEnumConverter<T>(JsonNamingPolicy.CamelCase, allowIntegerValues: false)
    where T : struct, Enum;

/// <summary>Properties that JSON leaves out keep the values of their initializers, as with reflection. Generated code alone would set <c>init</c> properties to zero.</summary>
internal static class InitializerDefaults
{
    public static void Keep(JsonTypeInfo info)
    {
        if (info.ConstructorAttributeProvider is not ConstructorInfo constructor || !info.Properties.Any(property => property.AssociatedParameter is { IsMemberInitializer: true }))
        {
            return;
        }

        // The object is made without values, and everything is set by its property afterwards.
        foreach (var property in info.Properties.Where(property => property.AssociatedParameter is not null))
        {
            var set = ((PropertyInfo)property.AttributeProvider!).SetMethod!;
            property.IsRequired |= property.AssociatedParameter is { IsMemberInitializer: false, HasDefaultValue: false };
            property.Set = (target, value) => set.Invoke(target, BindingFlags.DoNotWrapExceptions, binder: null, [value], culture: null);
        }

        var arguments = new object?[constructor.GetParameters().Length];
        info.CreateObject = () => constructor.Invoke(BindingFlags.DoNotWrapExceptions, binder: null, arguments, culture: null);
    }
}
