using Inception.Training.Callbacks;
using Inception.Training.Metrics;
using Microsoft.Extensions.Logging;

namespace Inception.Training;

/// <summary>Everything beside the loop: events out, requests in, checkpoints, cancellation. It sees the run and never the network.</summary>
internal sealed class RunMonitor
{
    private readonly TrainingState state;
    private readonly TrainerOptions options;
    private readonly RunClock clock;
    private readonly int steps;
    private readonly IProgress<TrainingEvent>? progress;
    private readonly ILogger logger;
    private readonly CancellationToken cancellationToken;
    private readonly CheckpointWriter checkpoints;
    private TrainingRequests requests;

    public RunMonitor(
        TrainingState state, TrainerOptions options, RunClock clock, int steps, IProgress<TrainingEvent>? progress, ILogger logger, CancellationToken cancellationToken)
    {
        this.state = state;
        this.options = options;
        this.clock = clock;
        this.steps = steps;
        this.progress = progress;
        this.logger = logger;
        this.cancellationToken = cancellationToken;
        checkpoints = new CheckpointWriter(state, options, Publish);
    }

    /// <summary>Whether the run should end: a callback asked for it, or early stopping did.</summary>
    public bool MustStop => requests.HasFlag(TrainingRequests.Stop) || options.EarlyStopping?.Decide(state.History).Stop == true;

    /// <summary>Makes sure that checkpoints can be written, and continues from one.</summary>
    public void Begin(string? resumeFrom)
    {
        checkpoints.Prepare();
        if (resumeFrom is not null)
        {
            state.Load(resumeFrom);
            logger.Resumed(resumeFrom, state.Epoch + 1, state.Step);
        }
    }

    public void EpochBegun() => Publish(new EpochBegunEvent(state.Epoch + 1, options.Epochs, state.Step, steps));

    /// <summary>After a step that the state counts already.</summary>
    /// <exception cref="OperationCanceledException">The run was cancelled; its state is saved.</exception>
    public void StepTaken(double rate)
    {
        var reading = new Lazy<IReadOnlyList<HeadMetrics>>(state.Metrics.Read);
        var value = new StepEvent(
            state.Epoch + 1, options.Epochs, state.Step, steps, rate, clock.ImagesPerSecond, clock.Remaining(state.Epoch, state.Step), reading);
        if (clock.IsReportDue(last: state.Step == steps))
        {
            TrainingGuards.CheckFinite(state.Metrics, state.Epoch, rate);
            _ = progress is null ? null : reading.Value;
            progress?.Report(value);
        }

        Ask(value);
        if (requests != TrainingRequests.None || cancellationToken.IsCancellationRequested || checkpoints.IsDue)
        {
            Save(rate);
        }

        cancellationToken.ThrowIfCancellationRequested();
    }

    /// <summary>Saves the state, but never one that has diverged: the checkpoint before stays.</summary>
    public void Save(double rate)
    {
        requests &= ~TrainingRequests.Save;
        TrainingGuards.CheckFinite(state.Metrics, state.Epoch, rate);
        TrainingGuards.CheckFinite(state.Parameters, state.Epoch, state.Step, rate);
        checkpoints.WriteLast();
    }

    /// <summary>After an epoch that has entered the history.</summary>
    public void EpochEnded()
    {
        var record = state.History[^1];
        logger.EpochEnded(record.Epoch, options.Epochs, record.Train[0].Loss, record.Train[0].Accuracy);
        Publish(new EpochEvent(record, options.Epochs, new History([.. state.History])));
        checkpoints.AfterEpoch();
        requests &= ~TrainingRequests.Save;
    }

    private void Publish(TrainingEvent value)
    {
        progress?.Report(value);
        Ask(value);
    }

    private void Ask(TrainingEvent value)
    {
        foreach (var callback in options.Callbacks)
        {
            requests |= callback.Observe(value);
        }
    }
}
