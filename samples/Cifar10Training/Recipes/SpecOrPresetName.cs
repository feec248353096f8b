using System.Text.Json;
using System.Text.Json.Serialization;
using Inception;

namespace Cifar10Training.Recipes;

/// <summary>Reads a spec from a preset's name or a whole spec; always writes it whole, so that a saved run does not change with the presets.</summary>
internal sealed class SpecOrPresetName : JsonConverter<GoogLeNetSpec>
{
    public override GoogLeNetSpec? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.String
            ? GoogLeNetSpec.FromName(reader.GetString()!)
            : JsonSerializer.Deserialize<GoogLeNetSpec>(ref reader, options);

    public override void Write(Utf8JsonWriter writer, GoogLeNetSpec value, JsonSerializerOptions options) =>
        JsonSerializer.Serialize(writer, value, options);
}
