using System.Diagnostics;

namespace Inception.Training;

/// <summary>
/// What happens between the steps of a run: events go out, callbacks' requests and cancellation are answered, checkpoints are written, and divergence
/// ends the run. It sees the run's state and never the network.
/// </summary>
internal sealed class RunMonitor(
    TrainingState state, TrainerOptions options, RunRanks ranks, RunClock clock, RunEvents events, CheckpointWriter checkpoints, CancellationToken cancellationToken)
{
    private readonly DivergenceCheck divergence = new(state);

    /// <summary>Whether the run should end: a callback asked for it, or early stopping did.</summary>
    public bool MustStop => events.Requests.HasFlag(TrainingRequests.Stop) || options.EarlyStopping?.Decide(state.History).Stop == true;

    public void EpochBegun()
    {
        Publish(new EpochBegunEvent(state.Epoch + 1, options.Epochs, state.Step, state.StepsPerEpoch));
        events.Agree();
    }

    /// <summary>After a step that the state counts already.</summary>
    /// <exception cref="TrainingDivergedException">A loss is not finite; looked for when a report is due.</exception>
    /// <exception cref="OperationCanceledException">The run was canceled; its state is saved.</exception>
    public void StepTaken(double rate, TimeSpan took)
    {
        clock.StepTaken(took);
        var reportIsDue = clock.IsReportDue(last: state.Step == state.StepsPerEpoch);
        if (reportIsDue || ranks.AreSeveral)
        {
            // Processes look at every step: each has its own time of reports, and all must end at the same step.
            divergence.CheckLosses();
        }

        Publish(Step(rate, reportIsDue));
        var decision = events.Agree(cancellationToken.IsCancellationRequested, checkpoints.IsDue);
        if (events.Requests != TrainingRequests.None || decision.IsCanceled || decision.IsSaveDue)
        {
            Save();
        }

        if (decision.IsCanceled)
        {
            RunRanks.ThrowCanceled(cancellationToken);
        }
    }

    /// <summary>Runs the validation after an epoch's last step; if it is canceled, the run is saved as it was after that step.</summary>
    /// <exception cref="TrainingDivergedException">A loss or a weight is not finite.</exception>
    /// <exception cref="OperationCanceledException">The validation was canceled.</exception>
    public ValidationResult Validated(Func<ValidationResult> validate)
    {
        divergence.CheckLossesAndWeights();
        try
        {
            var result = validate();
            if (result.Heads.Count > 0)
            {
                clock.ValidationTook(result.Took);
            }

            divergence.CheckValidation(result.Heads);
            return result;
        }
        catch (OperationCanceledException)
        {
            Save();
            throw;
        }
    }

    /// <summary>After an epoch that has entered the history.</summary>
    public void EpochEnded()
    {
        try
        {
            events.Publish(new EpochEvent(state.History[^1], options.Epochs, new History([.. state.History])));
            foreach (var written in checkpoints.AfterEpoch(state.History))
            {
                events.Publish(new CheckpointEvent(written.Path, written.IsBest));
            }
        }
        catch
        {
            // All that the epoch's end is due, the best epoch's file too: the run that goes on from here does not come by it again.
            SaveBeforeFailing(() => _ = checkpoints.AfterEpoch(state.History).ToList());
            throw;
        }

        events.Agree();
        events.ClearSaveRequest();
    }

    // Never one that has diverged: the checkpoint before stays.
    private void Save()
    {
        events.ClearSaveRequest();
        divergence.CheckLossesAndWeights();
        if (checkpoints.WriteLast() is var (path, isBest))
        {
            Publish(new CheckpointEvent(path, isBest));
        }
    }

    private void Publish(TrainingEvent value)
    {
        try
        {
            events.Publish(value);
        }
        catch
        {
            SaveBeforeFailing(() => checkpoints.WriteLast());
            throw;
        }
    }

    // What ends the run is the callback's exception, whatever becomes of the checkpoint.
    private void SaveBeforeFailing(Action save)
    {
        try
        {
            divergence.CheckLossesAndWeights();
            save();
        }
        catch (Exception e) when (e is TrainingDivergedException or InvalidOperationException or IOException or UnauthorizedAccessException)
        {
        }
    }

    private StepEvent Step(double rate, bool reportIsDue)
    {
#pragma warning disable RS0030 // When a report is due or a callback asks.
        var reading = new Lazy<IReadOnlyList<HeadMetrics>>(state.Metrics.Read);
#pragma warning restore RS0030
        if (reportIsDue && options.Callbacks.Count > 0)
        {
            // As of this step, whenever a callback looks.
            _ = reading.Value;
        }

        return new(state.Epoch + 1, options.Epochs, state.Step, state.StepsPerEpoch, rate, clock.ImagesPerSecond, clock.Remaining(state.Epoch, state.Step))
        {
            Reading = reading,
            IsReportDue = reportIsDue,
        };
    }
}

/// <summary>Measures a run's speed and estimates its remaining time.</summary>
internal sealed class RunClock(TrainerOptions options, int stepsPerEpoch, long trainImages, long validationImages)
{
    // A forward pass alone costs about a third of a training step; used until the first validation has been timed.
    private const double ForwardFraction = 1 / 3.0;
    private long lastReport = Stopwatch.GetTimestamp();
    private double stepSeconds;
    private int steps = -1;
    private double? validationSeconds;

    /// <summary>Time between two reports, each of which reads the losses. Tests change it.</summary>
    public static TimeSpan ReportInterval { get; set; } = TimeSpan.FromMilliseconds(250);

    /// <summary>Training speed without the first step, which warms up. 0 before the second.</summary>
    public double ImagesPerSecond => steps > 0 ? steps * ImagesPerStep / stepSeconds : 0;

    private double ImagesPerStep => trainImages / (double)stepsPerEpoch;

    /// <summary>Counts a step.</summary>
    public void StepTaken(TimeSpan took)
    {
        if (++steps > 0)
        {
            stepSeconds += took.TotalSeconds;
        }
    }

    /// <summary>Notes how long a whole validation took.</summary>
    public void ValidationTook(TimeSpan took) => validationSeconds = took.TotalSeconds;

    /// <summary>Whether enough time has passed since the last report; if so, this counts as one.</summary>
    public bool IsReportDue(bool last)
    {
        if (!last && Stopwatch.GetElapsedTime(lastReport) < ReportInterval)
        {
            return false;
        }

        lastReport = Stopwatch.GetTimestamp();
        return true;
    }

    /// <summary>Estimated time to the run's end, or null before the second step.</summary>
    public TimeSpan? Remaining(int epoch, int step)
    {
        if (steps < 1)
        {
            return null;
        }

        var perStep = stepSeconds / steps;
        var validation = validationSeconds ?? validationImages / ImagesPerStep * perStep * ForwardFraction;
        var stepsLeft = ((long)(options.Epochs - epoch) * stepsPerEpoch) - step;
        var validationsLeft = Enumerable.Range(epoch, options.Epochs - epoch).Count(options.IsValidated);
        return TimeSpan.FromSeconds((stepsLeft * perStep) + (validationsLeft * validation));
    }
}
