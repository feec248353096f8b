using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Inception.Training;

/// <summary>
/// Everything a run consists of between two steps. A checkpoint is its image in one safetensors file: the model's tensors under their own
/// keys, the optimizer's and the metrics' beside them, position, options, history and the model's configuration as metadata.
/// </summary>
internal sealed class TrainingState : IDisposable
{
    private readonly MultiHeadModel model;
    private readonly TrainerOptions options;
    private readonly long trainImages;

    public TrainingState(MultiHeadModel model, TrainerOptions options, long trainImages, FlatParameters parameters)
    {
        this.model = model;
        this.options = options;
        this.trainImages = trainImages;
        Parameters = parameters;
        Optimizer = options.Optimizer.Create(parameters);
        Metrics = new MetricAccumulator(model.Heads, parameters.Values.device, options.TopK);
        Average = options.Averaging is { } averaging ? new AverageBuffer(model, parameters, averaging) : null;
        Best = options.EarlyStopping?.RestoreBest == true ? new WeightsSnapshot(parameters) : null;
    }

    /// <summary>The model's parameters and their gradients.</summary>
    public FlatParameters Parameters { get; }

    /// <summary>What moves them.</summary>
    public FlatOptimizer Optimizer { get; }

    /// <summary>The averaged weights; null where none are kept.</summary>
    public AverageBuffer? Average { get; }

    /// <summary>The weights of the best epoch so far, the initial ones before the first; null where the run does not end with them.</summary>
    public WeightsSnapshot? Best { get; }

    /// <summary>Training metrics of the epoch so far.</summary>
    public MetricAccumulator Metrics { get; }

    /// <summary>The epoch that the next step belongs to, counted from 0.</summary>
    public int Epoch => History.Count;

    /// <summary>The next step in that epoch, counted from 0.</summary>
    public int Step { get; private set; }

    /// <summary>Training seconds of the epoch so far.</summary>
    public double EpochSeconds { get; private set; }

    /// <summary>Finished epochs.</summary>
    public List<EpochRecord> History { get; } = [];

    /// <summary>Counts a step.</summary>
    public void StepTaken(RunClock clock, TimeSpan took)
    {
        Step++;
        EpochSeconds += took.TotalSeconds;
        clock.StepTaken(took);
    }

    /// <summary>Ends an epoch.</summary>
    public void NextEpoch(EpochRecord record)
    {
        History.Add(record);
        if (Best is not null && options.EarlyStopping!.Decide(History).BestEpoch == History.Count)
        {
            using var average = Average?.UseAverage();
            Best.Take();
        }

        Step = 0;
        EpochSeconds = 0;
        Metrics.Reset();
    }

    /// <summary>Leaves the model with the weights that the run ends with: the best epoch's or the averaged ones, where the options ask for them.</summary>
    public void Finish()
    {
        if (Best is not null && History.Count > 0)
        {
            Best.Restore();
        }
        else
        {
            Average?.UseAverage();
        }
    }

    /// <summary>Writes the checkpoint whole or not at all.</summary>
    public void Save(string path)
    {
        var tensors = Tensors().Select(entry => entry.Value.ToSafeTensor(entry.Key));
        var metadata = new Dictionary<string, string>
        {
            [WeightsFormat.FormatKey] = WeightsFormat.Checkpoint,
            [WeightsFormat.ModelKey] = model.Configuration,
            [WeightsFormat.OptionsKey] = OptionsJson.Describe(options).ToJsonString(),
            ["trainImages"] = trainImages.ToString(CultureInfo.InvariantCulture),
            ["position"] = JsonSerializer.Serialize(new Position(Epoch, Step, Metrics.Count, EpochSeconds), SpecJson.Options),
            ["history"] = JsonSerializer.Serialize(History, SpecJson.Options),
        };
        SafeTensorsFile.Write(path, metadata, tensors);
    }

    /// <summary>Continues from a checkpoint of the same model and options.</summary>
    /// <exception cref="CheckpointException">The file is not a checkpoint, or one of another model, other options or another number of training images.</exception>
    public void Load(string path)
    {
        var file = SafeTensorsFile.Read(path);
        Require(file, path, WeightsFormat.FormatKey, WeightsFormat.Checkpoint, "is not a checkpoint of this library's trainer");
        Require(file, path, WeightsFormat.ModelKey, model.Configuration, "belongs to another model");
        RequireOptions(file, path);
        RequireImages(file, path);
        var tensors = Tensors();
        if (tensors.Keys.FirstOrDefault(key => !file.Tensors.ContainsKey(key)) is { } lacking)
        {
            throw new CheckpointException(path, $"lacks the tensor '{lacking}'");
        }

        if (tensors.Select(entry => file.Tensors[entry.Key].MismatchWith(entry.Value)).FirstOrDefault(mismatch => mismatch is not null) is { } wrong)
        {
            throw new CheckpointException(path, $"does not fit the model: {wrong}");
        }

        foreach (var (key, tensor) in tensors)
        {
            file.Tensors[key].CopyTo(tensor);
        }

        Parameters.Refresh();
        Optimizer.Restored();

        var position = JsonSerializer.Deserialize<Position>(file.Metadata["position"], SpecJson.Options)!;
        (Step, EpochSeconds) = (position.Step, position.EpochSeconds);
        Metrics.Count = position.Images;
        History.Clear();
        History.AddRange(JsonSerializer.Deserialize<List<EpochRecord>>(file.Metadata["history"], SpecJson.Options)!);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Optimizer.Dispose();
        Metrics.Dispose();
        Average?.Dispose();
        Best?.Dispose();
    }

    // Every tensor of a checkpoint by its key: the network's, then the run's.
    private Dictionary<string, TorchSharp.torch.Tensor> Tensors()
    {
        var tensors = Parameters.State();
        foreach (var (key, tensor) in Optimizer.State.Concat(Average?.State ?? []).Concat(Best?.State ?? []))
        {
            tensors.Add(key, tensor);
        }

        tensors.Add(WeightsFormat.MetricsKey, Metrics.Sums);
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

    private void RequireImages(SafeTensorsFile file, string path)
    {
        var found = file.Metadata.GetValueOrDefault("trainImages");
        if (found != trainImages.ToString(CultureInfo.InvariantCulture))
        {
            throw new CheckpointException(path, $"was written in training on {found} images, not on {trainImages}");
        }
    }

    private sealed record Position(int Epoch, int Step, long Images, double EpochSeconds);
}
