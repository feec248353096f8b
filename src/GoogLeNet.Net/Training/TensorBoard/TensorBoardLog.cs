using System.Globalization;

namespace Inception.Training;

/// <summary>
/// Writes a run's metrics for TensorBoard: one event file in a folder, with the scalars <c>loss/train/HEAD</c>, <c>accuracy/train/HEAD</c>,
/// <c>loss/validation/HEAD</c> and <c>accuracy/validation/HEAD</c> at the end of each epoch, <c>learning_rate</c> and
/// <c>images_per_second</c> also in between. The step is the number of steps taken since the run began, those before a resume included.
/// </summary>
/// <remarks>
/// One of <see cref="TrainerOptions.Callbacks"/>. An event is in the file when <see cref="Observe"/> returns, and flushed to the disk after each epoch. A resumed run writes another file; in the same folder, TensorBoard shows both as one run. Not thread-safe.
/// </remarks>
public sealed class TensorBoardLog : ITrainingCallback, IDisposable
{
    private readonly TimeProvider clock;
    private readonly RecordFile file;
    private int? stepsPerEpoch;

    /// <summary>A log that writes <c>events.out.tfevents.TIME.HOST</c>, with the time in Unix seconds.</summary>
    /// <param name="folder">Where; made where it does not exist.</param>
    /// <exception cref="ArgumentException"><paramref name="folder"/> is empty.</exception>
    /// <exception cref="IOException">The file cannot be created; the message says which.</exception>
    public TensorBoardLog(string folder)
        : this(folder, TimeProvider.System)
    {
    }

    internal TensorBoardLog(string folder, TimeProvider clock)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        this.clock = clock;
        var now = clock.GetUtcNow();
        file = RecordFile.Create(folder, string.Create(
            CultureInfo.InvariantCulture, $"events.out.tfevents.{now.ToUnixTimeSeconds()}.{Environment.MachineName}"));
        file.Append(EventEncoder.Version(now));
    }

    /// <summary>The event file.</summary>
    public string Path => file.Path;

    /// <summary>Writes the scalars of a step or an epoch; other events are ignored.</summary>
    /// <exception cref="IOException">The file cannot be written to; the message says which.</exception>
    /// <exception cref="ObjectDisposedException">The log was disposed.</exception>
    public TrainingRequests Observe(TrainingEvent value)
    {
        switch (value)
        {
            case StepEvent { IsReportDue: true } step:
                Write(step);
                break;
            case EpochEvent epoch:
                Write(epoch.Record);
                break;
        }

        return TrainingRequests.None;
    }

    /// <summary>Closes the file.</summary>
    public void Dispose() => file.Dispose();

    private void Write(StepEvent step)
    {
        stepsPerEpoch = step.Steps;
        if (step.Step < step.Steps)
        {
            // The epoch's own event follows its last step and says the same.
            Write(((long)(step.Epoch - 1) * step.Steps) + step.Step, Progress(step.LearningRate, step.ImagesPerSecond));
        }
    }

    private void Write(EpochRecord epoch)
    {
        // The last step of an epoch is always reported; without any step, epochs are counted.
        Write((long)epoch.Epoch * (stepsPerEpoch ?? 1),
        [
            .. Progress(epoch.LearningRate, epoch.TrainImagesPerSecond), .. Scalars("train", epoch.Train), .. Scalars("validation", epoch.Validation),
        ]);
        file.Flush();
    }

    private static (string Tag, double Value)[] Progress(double rate, double speed) => [("learning_rate", rate), ("images_per_second", speed)];

    private static IEnumerable<(string Tag, double Value)> Scalars(string images, IReadOnlyList<HeadMetrics> heads) =>
        heads.SelectMany(head => new[] { ($"loss/{images}/{head.Head}", head.Loss), ($"accuracy/{images}/{head.Head}", head.Accuracy) });

    private void Write(long step, IEnumerable<(string Tag, double Value)> scalars) =>
        file.Append(EventEncoder.Scalars(clock.GetUtcNow(), step, scalars));
}
