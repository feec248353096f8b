using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using static TorchSharp.torch;

namespace Inception.Training;

/// <summary>
/// A run's state as one safetensors file: the model's tensors under their own keys, those of the optimizer, the averages and the metrics beside
/// them; model, options, number of training images, position and history as metadata.
/// </summary>
/// <param name="model">The model's configuration.</param>
/// <param name="options">The run's options.</param>
internal sealed class CheckpointFile(string model, TrainerOptions options)
{
    private const string MetricsKey = "epoch.metrics";
    private const string TrainImagesKey = "trainImages";
    private const string PositionKey = "position";
    private const string HistoryKey = "history";

    /// <summary>Writes the file as a whole or not at all.</summary>
    public void Write(string path, TrainingState state)
    {
        var tensors = Tensors(state).Select(entry => entry.Value.ToSafeTensor(entry.Key));
        var metadata = new Dictionary<string, string>
        {
            [WeightsFormat.FormatKey] = WeightsFormat.Checkpoint,
            [WeightsFormat.ModelKey] = model,
            [WeightsFormat.OptionsKey] = OptionsJson.Describe(options).ToJsonString(),
            [TrainImagesKey] = state.TrainImages.ToString(CultureInfo.InvariantCulture),
            [PositionKey] = JsonSerializer.Serialize(new Position(state.Epoch, state.Step, state.Metrics.Count, state.EpochSeconds), SpecJson.Options),
            [HistoryKey] = JsonSerializer.Serialize(state.History, SpecJson.Options),
        };
        SafeTensorsFile.Write(path, metadata, tensors);
    }

    /// <summary>Gives a run the state that a file holds.</summary>
    /// <exception cref="CheckpointException">The file is not a checkpoint, or one of another model, other options or another number of training images.</exception>
    public void ReadInto(TrainingState state, string path)
    {
        var file = SafeTensorsFile.Read(path);
        Require(file, path, WeightsFormat.FormatKey, WeightsFormat.Checkpoint, "is not a checkpoint of this library's trainer");
        Require(file, path, WeightsFormat.ModelKey, model, "belongs to another model");
        RequireOptions(file, path);
        RequireImages(file, path, state.TrainImages);
        var tensors = Tensors(state);
        RequireTensors(file, path, tensors);
        foreach (var (key, tensor) in tensors)
        {
            file.Tensors[key].CopyTo(tensor);
        }

        var position = JsonSerializer.Deserialize<Position>(file.Metadata[PositionKey], SpecJson.Options)!;
        var history = JsonSerializer.Deserialize<List<EpochRecord>>(file.Metadata[HistoryKey], SpecJson.Options)!;
        state.TensorsLoaded(position.Step, position.EpochSeconds, position.Images, history);
    }

    // Every tensor of a checkpoint by its key: the network's, then the run's.
    private static Dictionary<string, Tensor> Tensors(TrainingState state)
    {
        var tensors = state.Parameters.State();
        foreach (var (key, tensor) in state.Optimizer.State.Concat(state.Average?.State ?? []).Concat(state.Best?.State ?? []))
        {
            tensors.Add(key, tensor);
        }

        tensors.Add(MetricsKey, state.Metrics.Sums);
        return tensors;
    }

    private static void Require(SafeTensorsFile file, string path, string key, string expected, string otherwise)
    {
        if (file.Metadata.GetValueOrDefault(key) != expected)
        {
            throw new CheckpointException(path, otherwise);
        }
    }

    private void RequireOptions(SafeTensorsFile file, string path)
    {
        var expected = OptionsJson.Describe(options);
        var found = JsonNode.Parse(file.Metadata.GetValueOrDefault(WeightsFormat.OptionsKey) ?? "{}") as JsonObject ?? [];
        var different = expected.Where(option => !JsonNode.DeepEquals(option.Value, found[option.Key])).Select(option => option.Key).ToList();
        if (different.Count > 0)
        {
            throw new CheckpointException(path, $"was written with other options: {string.Join(", ", different)}");
        }
    }

    private static void RequireImages(SafeTensorsFile file, string path, long trainImages)
    {
        var found = file.Metadata.GetValueOrDefault(TrainImagesKey);
        if (found != trainImages.ToString(CultureInfo.InvariantCulture))
        {
            throw new CheckpointException(path, $"was written in training on {found} images, not on {trainImages}");
        }
    }

    private static void RequireTensors(SafeTensorsFile file, string path, Dictionary<string, Tensor> tensors)
    {
        if (tensors.Keys.FirstOrDefault(key => !file.Tensors.ContainsKey(key)) is { } lacking)
        {
            throw new CheckpointException(path, $"lacks the tensor '{lacking}'");
        }

        if (tensors.Select(entry => file.Tensors[entry.Key].MismatchWith(entry.Value)).FirstOrDefault(mismatch => mismatch is not null) is { } wrong)
        {
            throw new CheckpointException(path, $"does not fit the model: {wrong}");
        }
    }

    private sealed record Position(int Epoch, int Step, long Images, double EpochSeconds);
}

/// <summary>A file is a sound safetensors file, but not a checkpoint that this run can continue from.</summary>
/// <param name="path">The file.</param>
/// <param name="reason">What is wrong with it, as the end of a sentence that starts with the file's name.</param>
public sealed class CheckpointException(string path, string reason) : IOException($"{path} {reason}.")
{
    /// <summary>The file.</summary>
    public string Path { get; } = path;
}
