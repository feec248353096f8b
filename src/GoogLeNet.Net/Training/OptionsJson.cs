using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Inception.Data;

namespace Inception.Training;

/// <summary>A run's options as JSON, to be compared between runs. Types of the user's own have their full names as discriminators.</summary>
internal static class OptionsJson
{
    public static JsonObject Describe(TrainerOptions options) => JsonSerializer.SerializeToNode(options, Format(options))!.AsObject();

    /// <summary>Options that a file holds, with the defaults of what an earlier version did not know.</summary>
    /// <param name="json">The file's text; null where it holds none.</param>
    /// <param name="known">Options whose types of the user's own the file may name.</param>
    public static JsonObject Completed(string? json, TrainerOptions known)
    {
        try
        {
            return JsonSerializer.Deserialize(json ?? "{}", Format(known)) is { } options ? Describe(options) : [];
        }
        catch (Exception e) when (e is JsonException or NotSupportedException or ArgumentException or InvalidOperationException)
        {
            // Functions, for example, which JSON does not hold: as the file has it.
            var found = Parsed(json);
            foreach (var (key, value) in Describe(new TrainerOptions()).Where(option => !found.ContainsKey(option.Key)).ToList())
            {
                found[key] = value?.DeepClone();
            }

            return found;
        }
    }

    private static JsonObject Parsed(string? json)
    {
        try
        {
            return JsonNode.Parse(json ?? "{}") as JsonObject ?? [];
        }
        catch (JsonException)
        {
            return [];
        }
    }

    private static JsonTypeInfo<TrainerOptions> Format(TrainerOptions options) => SpecJson.With(TrainingContext.Format, OwnTypes(options)).Of<TrainerOptions>();

    private static IEnumerable<Type> OwnTypes(TrainerOptions options)
    {
        object[] values =
        [
            .. options.TrainTransforms ?? [], .. options.ValidationTransforms ?? [], .. (options.HeadWeights?.Values ?? []).Prepend(options.Schedule).SelectMany(WithInner),
            options.Optimizer, .. options.Losses?.Values ?? [], .. options.Metrics ?? [],
        ];
        return values.Select(value => value.GetType());
    }

    private static IEnumerable<ILearningRateSchedule> WithInner(ILearningRateSchedule schedule) =>
    [
        schedule,
        .. schedule switch
        {
            Warmup warmup => WithInner(warmup.Then),
            Sequence sequence => sequence.Parts.SelectMany(part => WithInner(part.Schedule)),
            _ => [],
        },
    ];
}

/// <summary>How options and what else checkpoints keep are written, generated at build time: nothing is lost in a trimmed program.</summary>
[JsonSourceGenerationOptions(GenerationMode = JsonSourceGenerationMode.Metadata)]
[JsonSerializable(typeof(TrainerOptions))]
[JsonSerializable(typeof(WatchedMetricConverter.Form))]
[JsonSerializable(typeof(IReadOnlyList<EpochRecord>))]
internal sealed partial class TrainingContext : JsonSerializerContext
{
    /// <summary>For the library's own transforms, schedules, optimizers and losses.</summary>
    public static JsonSerializerOptions Format { get; } = SpecJson.With(
        new TrainingContext(), SpecJson.Words<MomentumForm>(), SpecJson.Words<Precision>(), SpecJson.Words<ParameterKinds>(), SpecJson.Words<CropPadding>(),
        SpecJson.Words<Interpolation>(), SpecJson.Words<ImageFit>());
}
