using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Inception.Training;

/// <summary>Where in a run a checkpoint was written.</summary>
/// <param name="Epoch">Epoch of the next step, counted from 0.</param>
/// <param name="Step">The next step, counted from 0.</param>
/// <param name="Images">Images in the metrics of the epoch so far.</param>
/// <param name="EpochSeconds">Training seconds of the epoch so far.</param>
internal sealed record CheckpointPosition(int Epoch, int Step, long Images, double EpochSeconds)
{
    /// <summary>The metadata entry of a checkpoint that holds it.</summary>
    public const string Key = "position";

    /// <summary>How it is written.</summary>
    public static JsonTypeInfo<CheckpointPosition> Format { get; } = SpecJson.With(new CheckpointContext()).Of<CheckpointPosition>();

    /// <summary>How far a file's run had come, and its options; null where the file is no checkpoint, or cannot be read.</summary>
    public static (CheckpointPosition Position, string? Options)? Of(string path)
    {
        try
        {
            var metadata = SafeTensorsFile.ReadMetadata(path);
            return metadata.GetValueOrDefault(WeightsFormat.FormatKey) == WeightsFormat.Checkpoint
                && JsonSerializer.Deserialize(metadata.GetValueOrDefault(Key, "null"), Format) is { } position
                ? (position, metadata.GetValueOrDefault(WeightsFormat.OptionsKey)) : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            return null;
        }
    }
}

/// <summary>Generated at build time: nothing is lost in a trimmed program.</summary>
[JsonSourceGenerationOptions(GenerationMode = JsonSourceGenerationMode.Metadata)]
[JsonSerializable(typeof(CheckpointPosition))]
internal sealed partial class CheckpointContext : JsonSerializerContext;
