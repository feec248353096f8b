using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using Inception.Data;
using static TorchSharp.torch;

namespace Inception.Training;

/// <summary>
/// The format of checkpoints: a model file (<see cref="MultiHeadModel.SaveWeights"/>) with the run's tensors beside the model's own; options, number and fingerprint of the
/// training images, position and history as metadata.
/// </summary>
/// <param name="model">The model.</param>
/// <param name="options">The run's options; a checkpoint with other ones is refused.</param>
/// <param name="train">The run's training images; a checkpoint of other ones is refused.</param>
/// <param name="stepsPerEpoch">Steps in an epoch.</param>
/// <param name="before">Epochs of the run that this one goes on from; none where it stands alone.</param>
internal sealed class CheckpointFile(MultiHeadModel model, TrainerOptions options, IImageDataset train, int stepsPerEpoch, IReadOnlyList<EpochRecord> before)
{
    private const string TrainImagesKey = "trainImages";
    private const string FingerprintKey = "trainFingerprint";
    private const string HistoryKey = "history";
    private const string BeforeKey = "historyBefore";

    private static readonly JsonTypeInfo<IReadOnlyList<EpochRecord>> HistoryFormat = TrainingContext.Format.Of<IReadOnlyList<EpochRecord>>();

    private readonly Lazy<string> fingerprint = new(() => train.Fingerprint);

    /// <summary>Writes the file as a whole or not at all.</summary>
    public void Write(string path, IEnumerable<KeyValuePair<string, Tensor>> tensors, CheckpointPosition position, IReadOnlyList<EpochRecord> history)
    {
        var metadata = model.Metadata(WeightsFormat.Checkpoint);
        metadata[WeightsFormat.OptionsKey] = OptionsJson.Describe(options).ToJsonString();
        metadata[TrainImagesKey] = train.Count.ToString(CultureInfo.InvariantCulture);
        metadata[FingerprintKey] = fingerprint.Value;
        metadata[CheckpointPosition.Key] = JsonSerializer.Serialize(position, CheckpointPosition.Format);
        metadata[HistoryKey] = JsonSerializer.Serialize(history, HistoryFormat);
        if (before.Count > 0)
        {
            metadata[BeforeKey] = JsonSerializer.Serialize(before, HistoryFormat);
        }

        SafeTensorsFile.Write(path, metadata, tensors.Select(entry => entry.Value.ToSafeTensor(entry.Key)));
    }

    /// <summary>Reads a file's values into <paramref name="tensors"/>, each by its key, and returns the rest.</summary>
    /// <exception cref="ModelFileException">The file is not a checkpoint, or one of another model, other options or other training images.</exception>
    public (CheckpointPosition Position, IReadOnlyList<EpochRecord> History) ReadInto(IReadOnlyDictionary<string, Tensor> tensors, string path)
    {
        var file = SafeTensorsFile.Read(path);
        if (file.Metadata.GetValueOrDefault(WeightsFormat.FormatKey) != WeightsFormat.Checkpoint)
        {
            throw ModelFileException.Of(path, "is not a checkpoint of this library's trainer");
        }

        if (ModelDescription.Canonical(file.Metadata.GetValueOrDefault(WeightsFormat.ModelKey)) != ModelDescription.Canonical(model.Configuration))
        {
            throw ModelFileException.Of(path, "belongs to another model");
        }

        var position = Deserialize(file, path, CheckpointPosition.Key, CheckpointPosition.Format);
        var history = Deserialize(file, path, HistoryKey, HistoryFormat);
        RequireImages(file, path);
        RequireOptions(file, path, position, history);
        RequireTensors(file, path, tensors);
        foreach (var (key, tensor) in tensors)
        {
            file.Tensors[key].CopyTo(tensor);
        }

        return (position, history);
    }

    /// <summary>Whether a file's run went on from that very run: its epochs, with their times, are the file's.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static bool Follows(string path, IReadOnlyList<EpochRecord> before) =>
        SafeTensorsFile.ReadMetadata(path).GetValueOrDefault(BeforeKey) == JsonSerializer.Serialize(before, HistoryFormat);

    /// <summary>Position and history as text, for other processes.</summary>
    public static string Pack(CheckpointPosition position, IReadOnlyList<EpochRecord> history) =>
        JsonSerializer.Serialize(position, CheckpointPosition.Format) + '\0' + JsonSerializer.Serialize(history, HistoryFormat);

    /// <summary>What <see cref="Pack"/> has made into text.</summary>
    public static (CheckpointPosition Position, IReadOnlyList<EpochRecord> History) Unpack(string text) =>
        text.Split('\0') is [var position, var history]
            ? (JsonSerializer.Deserialize(position, CheckpointPosition.Format)!, JsonSerializer.Deserialize(history, HistoryFormat)!)
            : throw new ArgumentException("It is not what Pack gives.", nameof(text));

    private static T Deserialize<T>(SafeTensorsFile file, string path, string key, JsonTypeInfo<T> format)
    {
        try
        {
            return JsonSerializer.Deserialize(file.Metadata[key], format) ?? throw new JsonException("It is null.");
        }
        catch (Exception e) when (e is KeyNotFoundException or JsonException or ArgumentException)
        {
            throw ModelFileException.Of(path, $"has no {key} that can be read");
        }
    }

    private void RequireOptions(SafeTensorsFile file, string path, CheckpointPosition position, IReadOnlyList<EpochRecord> history)
    {
        var expected = OptionsJson.Describe(options);
        var found = OptionsJson.Completed(file.Metadata.GetValueOrDefault(WeightsFormat.OptionsKey), options);
        var different = expected.Where(option => !JsonNode.DeepEquals(option.Value, found[option.Key])).Select(option => option.Key).ToList();
        if (different is ["epochs"] && found["epochs"]?.GetValue<int>() is { } epochs)
        {
            if (new RunLength(options, stepsPerEpoch).WhyNot(epochs, position, history) is { } reason)
            {
                throw ModelFileException.Of(path, reason);
            }
        }
        else if (different.Count > 0)
        {
            throw ModelFileException.Of(path, $"was written with other options: {string.Join(", ", different)}");
        }
    }

    private void RequireImages(SafeTensorsFile file, string path)
    {
        var count = file.Metadata.GetValueOrDefault(TrainImagesKey);
        if (count != train.Count.ToString(CultureInfo.InvariantCulture))
        {
            throw ModelFileException.Of(path, $"was written in training on {count} images, not on {train.Count}");
        }

        // Files of earlier versions have none.
        if (file.Metadata.TryGetValue(FingerprintKey, out var found) && found != fingerprint.Value)
        {
            throw ModelFileException.Of(path, "was written in training on other images, labels or class names, though on as many. To go on from its weights, load them with LoadWeights and begin a new run");
        }
    }

    private static void RequireTensors(SafeTensorsFile file, string path, IReadOnlyDictionary<string, Tensor> tensors)
    {
        if (tensors.Keys.FirstOrDefault(key => !file.Tensors.ContainsKey(key)) is { } lacking)
        {
            throw ModelFileException.Of(path, $"lacks the tensor '{lacking}'");
        }

        if (tensors.Select(entry => file.Tensors[entry.Key].MismatchWith(entry.Value)).FirstOrDefault(mismatch => mismatch is not null) is { } wrong)
        {
            throw ModelFileException.Of(path, $"does not fit the model: {wrong}");
        }
    }
}

/// <summary>Whether a run may go on to another number of epochs than it was begun with: only if every step so far would have been the same.</summary>
internal sealed class RunLength(TrainerOptions options, int stepsPerEpoch)
{
    /// <summary>Null where the run may go on, else the reason, as the end of a sentence that starts with the checkpoint's name.</summary>
    /// <param name="before">Epochs that the run was begun with.</param>
    /// <param name="reached">How far it came.</param>
    /// <param name="history">Its epochs.</param>
    public string? WhyNot(int before, CheckpointPosition reached, IReadOnlyList<EpochRecord> history)
    {
        if (reached.Epoch > options.Epochs || (reached.Epoch == options.Epochs && reached.Step > 0))
        {
            return $"was written in epoch {reached.Epoch + 1}; a run of {options.Epochs} epochs does not come that far";
        }

        for (var epoch = 0; epoch <= reached.Epoch; epoch++)
        {
            for (var step = 0; step < (epoch < reached.Epoch ? stepsPerEpoch : reached.Step); step++)
            {
                var position = new TrainingPosition(epoch, step, stepsPerEpoch, before);
                if (Difference(position, position with { Epochs = options.Epochs }, history) is { } difference)
                {
                    return $"was written in a run of {before} epochs. In one of {options.Epochs} {difference} in epoch {epoch + 1}, step {step + 1}: what has been trained is not the beginning of "
                        + "the longer run. Use a schedule that does not depend on the number of epochs, or begin a new run from the file's weights";
                }
            }
        }

        return null;
    }

    private string? Difference(TrainingPosition was, TrainingPosition now, IReadOnlyList<EpochRecord> history)
    {
        var (rateWas, rateNow) = (options.Schedule.RateAt(was, history), options.Schedule.RateAt(now, history));
        return rateWas != rateNow ? FormattableString.Invariant($"the learning rate would have been {rateNow:G6} instead of {rateWas:G6}")
            : options.HeadWeights?.Any(weight => weight.Value.At(was) != weight.Value.At(now)) == true ? "a head's weight would have been another"
            : options.Averaging?.Includes(was.Fraction) != options.Averaging?.Includes(now.Fraction) ? "the average of the weights would have begun at another time"
            : options.Resizing?.SizeAt(was.Fraction) != options.Resizing?.SizeAt(now.Fraction) ? "the images would have been of another size"
            : null;
    }
}
