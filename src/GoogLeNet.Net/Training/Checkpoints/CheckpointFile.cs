using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using static TorchSharp.torch;

namespace Inception.Training;

/// <summary>
/// The format of checkpoints: one safetensors file with the model's tensors under their own keys and the run's beside them; model, options, number of
/// training images, position and history as metadata.
/// </summary>
/// <param name="model">The model's configuration.</param>
/// <param name="options">The run's options; a checkpoint with other ones is refused.</param>
/// <param name="trainImages">The run's training images.</param>
internal sealed class CheckpointFile(string model, Func<JsonObject> options, long trainImages)
{
    private const string TrainImagesKey = "trainImages";
    private const string PositionKey = "position";
    private const string HistoryKey = "history";

    /// <summary>Writes the file as a whole or not at all.</summary>
    public void Write(string path, IEnumerable<KeyValuePair<string, Tensor>> tensors, CheckpointPosition position, IReadOnlyList<EpochRecord> history)
    {
        var metadata = new Dictionary<string, string>
        {
            [WeightsFormat.FormatKey] = WeightsFormat.Checkpoint,
            [WeightsFormat.ModelKey] = model,
            [WeightsFormat.OptionsKey] = options().ToJsonString(),
            [TrainImagesKey] = trainImages.ToString(CultureInfo.InvariantCulture),
            [PositionKey] = JsonSerializer.Serialize(position, SpecJson.Options),
            [HistoryKey] = JsonSerializer.Serialize(history, SpecJson.Options),
        };
        SafeTensorsFile.Write(path, metadata, tensors.Select(entry => entry.Value.ToSafeTensor(entry.Key)));
    }

    /// <summary>Reads a file's values into <paramref name="tensors"/>, each by its key, and returns the rest.</summary>
    /// <exception cref="CheckpointException">The file is not a checkpoint, or one of another model, other options or another number of training images.</exception>
    public (CheckpointPosition Position, IReadOnlyList<EpochRecord> History) ReadInto(IReadOnlyDictionary<string, Tensor> tensors, string path)
    {
        var file = SafeTensorsFile.Read(path);
        Require(file, path, WeightsFormat.FormatKey, WeightsFormat.Checkpoint, "is not a checkpoint of this library's trainer");
        if (ModelDescription.Canonical(file.Metadata.GetValueOrDefault(WeightsFormat.ModelKey)) != ModelDescription.Canonical(model))
        {
            throw new CheckpointException(path, "belongs to another model");
        }

        RequireOptions(file, path);
        RequireImages(file, path);
        RequireTensors(file, path, tensors);
        foreach (var (key, tensor) in tensors)
        {
            file.Tensors[key].CopyTo(tensor);
        }

        return (
            JsonSerializer.Deserialize<CheckpointPosition>(file.Metadata[PositionKey], SpecJson.Options)!,
            JsonSerializer.Deserialize<List<EpochRecord>>(file.Metadata[HistoryKey], SpecJson.Options)!);
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
        var expected = options();
        var found = JsonNode.Parse(file.Metadata.GetValueOrDefault(WeightsFormat.OptionsKey) ?? "{}") as JsonObject ?? [];
        var different = expected.Where(option => !JsonNode.DeepEquals(option.Value, found[option.Key])).Select(option => option.Key).ToList();
        if (different.Count > 0)
        {
            throw new CheckpointException(path, $"was written with other options: {string.Join(", ", different)}");
        }
    }

    private void RequireImages(SafeTensorsFile file, string path)
    {
        var found = file.Metadata.GetValueOrDefault(TrainImagesKey);
        if (found != trainImages.ToString(CultureInfo.InvariantCulture))
        {
            throw new CheckpointException(path, $"was written in training on {found} images, not on {trainImages}");
        }
    }

    private static void RequireTensors(SafeTensorsFile file, string path, IReadOnlyDictionary<string, Tensor> tensors)
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
}

/// <summary>Where in a run a checkpoint was written.</summary>
/// <param name="Epoch">Epoch of the next step, counted from 0.</param>
/// <param name="Step">The next step, counted from 0.</param>
/// <param name="Images">Images in the metrics of the epoch so far.</param>
/// <param name="EpochSeconds">Training seconds of the epoch so far.</param>
internal sealed record CheckpointPosition(int Epoch, int Step, long Images, double EpochSeconds);

/// <summary>A file is a sound safetensors file, but not a checkpoint that this run can continue from.</summary>
/// <param name="path">The file.</param>
/// <param name="reason">What is wrong with it, as the end of a sentence that starts with the file's name.</param>
public sealed class CheckpointException(string path, string reason) : IOException($"{path} {reason}.")
{
    /// <summary>The file.</summary>
    public string Path { get; } = path;
}
