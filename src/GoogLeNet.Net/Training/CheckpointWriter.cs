using System.Diagnostics;

namespace Inception.Training;

/// <summary>
/// Decides when a run's checkpoints are written: the last one after every epoch, every few minutes and on cancellation, the best one when
/// the main head's validation accuracy has risen.
/// </summary>
internal sealed class CheckpointWriter(TrainingState state, string? folder, IProgress<TrainingEvent>? progress)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(5);
    private long lastWrite = Stopwatch.GetTimestamp();

    /// <summary>Makes the folder, so that a run which cannot write ends before it begins.</summary>
    public void Prepare()
    {
        if (folder is not null)
        {
            Directory.CreateDirectory(folder);
        }
    }

    /// <summary>Writes when one is due, or when the run is cancelled, which then ends here; never what has diverged.</summary>
    public void AfterStep(double learningRate, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested || Stopwatch.GetElapsedTime(lastWrite) > Interval)
        {
            TrainingGuards.CheckFinite(state.Metrics.Read(), state.Epoch, state.Step, learningRate);
            Write(CheckpointFiles.Last, isBest: false);
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    /// <summary>Writes after an epoch has entered the history.</summary>
    public void AfterEpoch()
    {
        var accuracies = state.History.Where(record => record.Validation.Count > 0).Select(record => record.Validation[0].Accuracy).ToList();
        if (accuracies.Count == 0 || accuracies[^1] > accuracies[..^1].DefaultIfEmpty(double.NegativeInfinity).Max())
        {
            Write(CheckpointFiles.Best, isBest: true);
        }

        Write(CheckpointFiles.Last, isBest: false);
    }

    private void Write(string name, bool isBest)
    {
        if (folder is not null)
        {
            var path = Path.Combine(folder, name);
            state.Save(path);
            progress?.Report(new CheckpointEvent(path, isBest));
        }

        lastWrite = Stopwatch.GetTimestamp();
    }
}
