using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Inception;

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
