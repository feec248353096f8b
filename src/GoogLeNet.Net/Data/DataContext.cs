using System.Text.Json;
using System.Text.Json.Serialization;

namespace Inception.Data;

/// <summary>How what this folder keeps in files is written, generated at build time: nothing is lost in a trimmed program.</summary>
[JsonSourceGenerationOptions(GenerationMode = JsonSourceGenerationMode.Metadata)]
[JsonSerializable(typeof(Preprocessing))]
[JsonSerializable(typeof(IReadOnlyList<string>))]
[JsonSerializable(typeof(long[]))]
internal sealed partial class DataContext : JsonSerializerContext
{
    /// <summary>For the library's own transforms.</summary>
    public static JsonSerializerOptions Format { get; } = SpecJson.With(
        new DataContext(), SpecJson.Words<ImageFit>(), SpecJson.Words<CropPadding>(), SpecJson.Words<Interpolation>());
}
