using static TorchSharp.torch;

namespace Inception.Training;

/// <summary>Everything that a run consists of between two steps: parameters, optimizer, averages, best weights, metrics, position and history.</summary>
internal sealed class TrainingState : IDisposable
{
    private const string MetricsKey = "epoch.metrics";

    private readonly TrainerOptions options;

    public TrainingState(MultiHeadModel model, TrainerOptions options, FlatParameters parameters, long trainImages, int stepsPerEpoch)
    {
        this.options = options;
        Parameters = parameters;
        TrainImages = trainImages;
        StepsPerEpoch = stepsPerEpoch;
        Optimizer = options.Optimizer.Create(parameters);
        if (Optimizer.State.Select(entry => entry.Key).FirstOrDefault(key => !key.StartsWith(WeightsFormat.OptimizerPrefix, StringComparison.Ordinal)) is { } other)
        {
            Optimizer.Dispose();
            throw new InvalidOperationException($"The state of {Optimizer.GetType().Name} has the key '{other}'; keys must begin with '{WeightsFormat.OptimizerPrefix}', which tells them from the network's in checkpoints.");
        }

        Metrics = new MetricAccumulator(model.Heads, parameters.Values.device, options.TopK, options.Metrics, model.NumClasses);
        Average = options.Averaging is { } averaging ? new AverageBuffer(model, parameters, averaging) : null;
        Best = options.EarlyStopping?.RestoreBest == true ? new WeightsSnapshot(parameters) : null;
    }

    /// <summary>The model's parameters and their gradients.</summary>
    public FlatParameters Parameters { get; }

    /// <summary>What updates them.</summary>
    public FlatOptimizer Optimizer { get; }

    /// <summary>The averaged weights; null where none are kept.</summary>
    public AverageBuffer? Average { get; }

    /// <summary>The weights of the best epoch so far, the initial ones before the first; null where the run does not end with them.</summary>
    public WeightsSnapshot? Best { get; }

    /// <summary>Training metrics of the epoch so far.</summary>
    public MetricAccumulator Metrics { get; }

    /// <summary>Training images in an epoch.</summary>
    public long TrainImages { get; }

    /// <summary>Steps in an epoch.</summary>
    public int StepsPerEpoch { get; }

    /// <summary>The epoch that the next step belongs to, counted from 0.</summary>
    public int Epoch => History.Count;

    /// <summary>The next step in that epoch, counted from 0.</summary>
    public int Step { get; private set; }

    /// <summary>The next step's position in the run.</summary>
    public TrainingPosition Position => new(Epoch, Step, StepsPerEpoch, options.Epochs);

    /// <summary>Training seconds of the epoch so far.</summary>
    public double EpochSeconds { get; private set; }

    /// <summary>Finished epochs.</summary>
    public List<EpochRecord> History { get; } = [];

    /// <summary>The learning rate of a step of this epoch, counted from 0.</summary>
    public double RateAt(int step) => options.Schedule.RateAt(Position with { Step = step }, History);

    /// <summary>Counts a step.</summary>
    public void StepTaken(TimeSpan took)
    {
        Step++;
        EpochSeconds += took.TotalSeconds;
    }

    /// <summary>Enters the epoch into the history and begins the next one.</summary>
    public void EndEpoch(ValidationResult validation)
    {
#pragma warning disable RS0030 // Once an epoch, at its end.
        var train = Metrics.Read();
#pragma warning restore RS0030
        var seconds = EpochSeconds + validation.Took.TotalSeconds;
        History.Add(new EpochRecord(Epoch + 1, RateAt(StepsPerEpoch - 1), seconds, TrainImages / EpochSeconds, train, validation.Heads, validation.Averaged));
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

    /// <summary>Writes a checkpoint.</summary>
    public void Save(CheckpointFile file, string path) =>
        file.Write(path, Tensors(), new CheckpointPosition(Epoch, Step, Metrics.Count, EpochSeconds), History);

    /// <summary>Continues from a checkpoint.</summary>
    /// <exception cref="ModelFileException">It is not one of this run's.</exception>
    public void Load(CheckpointFile file, string path)
    {
        var (position, history) = file.ReadInto(Tensors(), path);
        Parameters.Refresh();
        Continue(position, history);
    }

    /// <summary>Gives all processes the first one's state.</summary>
    /// <param name="ranks">The processes.</param>
    /// <param name="isResumed">Whether that is a checkpoint's; otherwise only the network's weights may differ.</param>
    public void Share(RunRanks ranks, bool isResumed)
    {
        if (!ranks.AreSeveral)
        {
            return;
        }

        ranks.Broadcast(isResumed ? Tensors().Values : Parameters.State().Values);
        Parameters.Refresh();
        if (isResumed)
        {
            var (position, history) = CheckpointFile.Unpack(ranks.Broadcast(CheckpointFile.Pack(new CheckpointPosition(Epoch, Step, Metrics.Count, EpochSeconds), History)));
            Continue(position, history);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Optimizer.Dispose();
        Metrics.Dispose();
        Average?.Dispose();
        Best?.Dispose();
    }

    private void Continue(CheckpointPosition position, IReadOnlyList<EpochRecord> history)
    {
        (Step, EpochSeconds) = (position.Step, position.EpochSeconds);
        Metrics.Count = position.Images;
        History.Clear();
        History.AddRange(history);
    }

    // Every tensor of a checkpoint by its key: the network's, then the run's.
    private Dictionary<string, Tensor> Tensors()
    {
        var tensors = Parameters.State();
        foreach (var (key, tensor) in Optimizer.State.Concat(Average?.State ?? []).Concat(Best?.State ?? []))
        {
            tensors.Add(key, tensor);
        }

        tensors.Add(MetricsKey, Metrics.Sums);
        return tensors;
    }
}

/// <summary>What was measured after an epoch.</summary>
/// <param name="Heads">Each head on the validation images; empty where nothing was measured.</param>
/// <param name="Averaged">The same with the averaged weights; null where none are kept or nothing was measured.</param>
/// <param name="Took">How long it took.</param>
internal sealed record ValidationResult(IReadOnlyList<HeadMetrics> Heads, IReadOnlyList<HeadMetrics>? Averaged, TimeSpan Took)
{
    /// <summary>The result of an epoch without validation.</summary>
    public static ValidationResult None { get; } = new([], null, TimeSpan.Zero);
}
