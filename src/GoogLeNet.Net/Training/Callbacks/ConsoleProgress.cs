using System.Diagnostics;
using System.Globalization;

namespace Inception.Training;

/// <summary>
/// Shows a run as plain lines of text: how far an epoch is, at most every two seconds, and after each epoch every head's accuracy and loss, on the training images | on the
/// validation images. Lines of one head fit a terminal of 80 columns.
/// </summary>
public sealed class ConsoleProgress : ITrainingCallback
{
    private static readonly TimeSpan Shortest = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(1);

    private readonly Action<string> writeLine;
    private readonly bool showSteps;
    private long last = Stopwatch.GetTimestamp();
    private double shown = -1;

    /// <summary>Shows runs in a text writer.</summary>
    /// <param name="writer">Where lines go, flushed one by one; null for <see cref="Console.Out"/>.</param>
    /// <param name="showSteps">Whether lines are shown within an epoch, too: one for every tenth of it, and at least one a minute.</param>
    public ConsoleProgress(TextWriter? writer = null, bool showSteps = true)
        : this(
            line =>
            {
                var target = writer ?? Console.Out;
                target.WriteLine(line);
                target.Flush();
            },
            showSteps)
    {
    }

    /// <summary>Hands each line to a function, for example <c>line =&gt; logger.LogInformation("{Line}", line)</c>.</summary>
    /// <param name="writeLine">Is called with each line, without its line end.</param>
    /// <param name="showSteps">Whether lines are shown within an epoch, too: one for every tenth of it, and at least one a minute.</param>
    public ConsoleProgress(Action<string> writeLine, bool showSteps = true)
    {
        ArgumentNullException.ThrowIfNull(writeLine);
        (this.writeLine, this.showSteps) = (writeLine, showSteps);
    }

    /// <inheritdoc/>
    public TrainingRequests Observe(TrainingEvent value)
    {
        switch (value)
        {
            case EpochBegunEvent begun when begun.Epoch - 1 < shown:
                shown = -1;
                break;
            case StepEvent { IsReportDue: true } step when showSteps && step.Step < step.Steps && IsDue(step):
                writeLine(Line(step));
                break;
            case EpochEvent epoch:
                foreach (var line in Lines(epoch))
                {
                    writeLine(line);
                }

                break;
        }

        return TrainingRequests.None;
    }

    private bool IsDue(StepEvent step)
    {
        var fraction = step.Epoch - 1 + (step.Step / (double)step.Steps);
        var waited = Stopwatch.GetElapsedTime(last);
        if (waited < Shortest || (Math.Floor(10 * fraction) <= Math.Floor(10 * shown) && waited < Longest))
        {
            return false;
        }

        (last, shown) = (Stopwatch.GetTimestamp(), fraction);
        return true;
    }

    private static string Line(StepEvent step) => Text(
        $"  epoch {step.Epoch}/{step.Epochs} step {step.Step}/{step.Steps}  loss {step.Metrics[0].Loss:F3}  acc {100 * step.Metrics[0].Accuracy:F1} %{(step.Remaining is { } left ? Text($"  {step.ImagesPerSecond:F0} img/s  {Clock(left)} left") : "")}");

    // The epoch and its seconds beside the main head; the others below it.
    private static IEnumerable<string> Lines(EpochEvent epoch)
    {
        var record = epoch.Record;
        var (begin, end) = (Text($"epoch {record.Epoch}/{epoch.Epochs}"), Text($"  {record.Seconds:F0} s"));
        var width = record.Train.Max(head => head.Head.Length);
        return record.Train.Select((train, i) =>
        {
            var validation = record.Validation.ElementAtOrDefault(i);
            var accuracy = Text($"{100 * train.Accuracy,6:F2} %{(validation is null ? "" : Text($" | {100 * validation.Accuracy,6:F2} %"))}");
            var loss = Text($"loss {train.Loss:F3}{(validation is null ? "" : Text($" | {validation.Loss:F3}"))}");
            return $"{(i == 0 ? begin : new string(' ', begin.Length))}  {train.Head.PadRight(width)}  {accuracy}  {loss}{(i == 0 ? end : "")}";
        });
    }

    private static string Clock(TimeSpan time) => time.TotalHours < 1 ? Text($"{time.Minutes}:{time.Seconds:00}") : Text($"{(int)time.TotalHours}:{time.Minutes:00}:{time.Seconds:00}");

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
