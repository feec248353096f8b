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
#pragma warning disable RS0030 // When a report is due or a callback asks.
        var reading = new Lazy<IReadOnlyList<HeadMetrics>>(state.Metrics.Read);
#pragma warning restore RS0030
        var value = new StepEvent(
            state.Epoch + 1, options.Epochs, state.Step, steps, rate, clock.ImagesPerSecond, clock.Remaining(state.Epoch, state.Step), reading);
        if (clock.IsReportDue(last: state.Step == steps))
        {
            CheckLosses();
            _ = progress is null ? null : reading.Value;
            progress?.Report(value);
        }

        Ask(value);
        if (requests != TrainingRequests.None || cancellationToken.IsCancellationRequested || checkpoints.IsDue)
        {
            Save();
        }

        cancellationToken.ThrowIfCancellationRequested();
    }

    /// <summary>Saves the state, but never one that has diverged: the checkpoint before stays.</summary>
    public void Save()
    {
        requests &= ~TrainingRequests.Save;
        CheckFinite();
        checkpoints.WriteLast();
    }

    /// <summary>Refuses to go on where a loss or a weight of the epoch has stopped being a finite number.</summary>
    /// <exception cref="TrainingDivergedException">It has.</exception>
    public void CheckFinite()
    {
        CheckLosses();

        // The losses of an epoch say nothing of its last step; without validation nothing else would.
        using var finite = state.Parameters.Values.isfinite();
        using var all = finite.all();
#pragma warning disable RS0030 // At the end of an epoch, and before the run is saved.
        if (!all.item<bool>())
#pragma warning restore RS0030
        {
            throw Diverged(head: null, state.Step);
        }
    }

    /// <summary>The same for losses that were measured on validation images after the epoch's last step.</summary>
    /// <exception cref="TrainingDivergedException">One is no finite number.</exception>
    public void CheckFinite(IReadOnlyList<HeadMetrics> validated)
    {
        if (validated.FirstOrDefault(head => !double.IsFinite(head.Loss)) is { } broken)
        {
            throw Diverged(broken.Head, state.Step);
        }
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

    private void CheckLosses()
    {
#pragma warning disable RS0030 // When a report is due, at the end of an epoch, and before the run is saved.
        if (state.Metrics.FirstBroken() is var (head, step))
#pragma warning restore RS0030
        {
            throw Diverged(head, step);
        }
    }

    // With the rate of that step, which is not always the one at which it is noticed.
    private TrainingDivergedException Diverged(string? head, int step) => new(
        head, state.Epoch + 1, step, options.Schedule.RateAt(new(state.Epoch, step - 1, steps, options.Epochs), state.History));

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
