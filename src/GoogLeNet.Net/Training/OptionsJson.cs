using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using Inception.Data;

namespace Inception.Training;

/// <summary>A run's options as JSON, to be compared between runs. Users' own transforms, schedules, losses and optimizers have their types' full names as discriminators.</summary>
internal static class OptionsJson
{
    public static JsonObject Describe(TrainerOptions options)
    {
        // One for each run: the resolver depends on its options.
#pragma warning disable CA1869
        var json = new JsonSerializerOptions(SpecJson.Options)
        {
            TypeInfoResolver = new DefaultJsonTypeInfoResolver { Modifiers = { info => AddOwnTypes(info, options) } },
        };
#pragma warning restore CA1869
        return JsonSerializer.SerializeToNode(options, json)!.AsObject();
    }

    private static void AddOwnTypes(JsonTypeInfo info, TrainerOptions options)
    {
        IEnumerable<object> values = info.Type == typeof(IBatchTransform) ? [.. options.TrainTransforms ?? [], .. options.ValidationTransforms ?? []]
            : info.Type == typeof(ILearningRateSchedule) ? [.. (options.HeadWeights?.Values ?? []).Prepend(options.Schedule).SelectMany(WithInner)]
            : info.Type == typeof(OptimizerOptions) ? [options.Optimizer]
            : info.Type == typeof(IHeadLoss) ? [.. options.Losses?.Values ?? []]
            : info.Type == typeof(IHeadMetric) ? [.. options.Metrics ?? []]
            : [];
        var known = info.PolymorphismOptions?.DerivedTypes;
        foreach (var type in values.Select(value => value.GetType()).Distinct().Where(type => known!.All(derived => derived.DerivedType != type)))
        {
            known!.Add(new(type, type.FullName!));
        }
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
