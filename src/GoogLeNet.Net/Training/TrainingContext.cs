using System.Text.Json;
using System.Text.Json.Serialization;
using Inception.Data;

namespace Inception.Training;

/// <summary>How options and what else checkpoints keep are written, generated at build time: nothing is lost in a trimmed program.</summary>
[JsonSourceGenerationOptions(GenerationMode = JsonSourceGenerationMode.Metadata)]
[JsonSerializable(typeof(TrainerOptions))]
[JsonSerializable(typeof(TorchOptimizerOptions))]
[JsonSerializable(typeof(WatchedMetricConverter.Form))]
[JsonSerializable(typeof(IReadOnlyList<EpochRecord>))]
internal sealed partial class TrainingContext : JsonSerializerContext
{
    /// <summary>For the library's own transforms, schedules, optimizers and losses.</summary>
    public static JsonSerializerOptions Format { get; } = SpecJson.With(
        new TrainingContext(), SpecJson.Words<MomentumForm>(), SpecJson.Words<Precision>(), SpecJson.Words<ParameterKinds>(), SpecJson.Words<CropPadding>(),
        SpecJson.Words<Interpolation>(), SpecJson.Words<ImageFit>());
}
