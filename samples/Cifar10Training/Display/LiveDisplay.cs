using System.Globalization;
using Inception.Data;
using Inception.Training;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Cifar10Training.Display;

/// <summary>A panel at the bottom of the terminal, redrawn as the run goes on; lines that stay scroll above it.</summary>
internal sealed class LiveDisplay(IAnsiConsole console) : RunDisplay
{
    public override void WriteLine(string line) => console.Write(new LineOverPanel(line));

    public override Task<T> LoadAsync<T>(Func<IProgress<DownloadProgress>, Task<T>> load) =>
        console.Progress().AutoClear(true).HideCompleted(false)
            .Columns(new ProgressBarColumn { Width = Math.Clamp(console.Profile.Width - 40, 8, 40) }, new TaskDescriptionColumn { Alignment = Justify.Left })
            .StartAsync(context => load(new DownloadBar(context)));

    public override T Train<T>(Func<ITrainingCallback, T> train)
    {
        var epochs = new ConsoleProgress(WriteLine, showSteps: false);
        return console.Live(new Markup("first steps …")).AutoClear(true).Start(context => train(new TrainingPanel(context, console.Profile.Capabilities.Unicode, epochs)));
    }

    /// <summary>The panel of a moment: the epoch's bar and pace, then a row for each head.</summary>
    /// <param name="step">The moment.</param>
    /// <param name="last">The epoch before; null in the first.</param>
    /// <param name="unicode">Whether the terminal shows more than ASCII.</param>
    public static IRenderable Panel(StepEvent step, EpochRecord? last, bool unicode)
    {
        var heads = new Table().Border(TableBorder.None).AddColumns("", "loss", "accuracy");
        if (last is not null)
        {
            heads.AddColumn("test accuracy");
        }

        for (var i = 0; i < step.Metrics.Count; i++)
        {
            var head = step.Metrics[i];
            string[] cells = [head.Head, Invariant($"{head.Loss:F3}"), Invariant($"{100 * head.Accuracy:F1} %")];
            heads.AddRow([.. cells.Concat(last is null ? [] : [Test(last, i)]).Select(cell => new Text(cell))]);
        }

        return new Rows(Bar(step, unicode), new Text(Pace(step)), heads);
    }

    private static Markup Bar(StepEvent step, bool unicode)
    {
        const int Width = 60;
        var done = (int)((long)Width * step.Step / step.Steps);
        var (full, empty) = unicode ? ('━', '─') : ('#', '-');
        return new Markup($"[green]{new string(full, done)}[/][grey]{new string(empty, Width - done)}[/]");
    }

    private static string Pace(StepEvent step) => Invariant(
        $"epoch {step.Epoch}/{step.Epochs}  {(step.Step < step.Steps ? $"step {step.Step}/{step.Steps}" : "on the test images …")}  {Figures.Pace(step)}");

    // With the weights that the run would end with.
    private static string Test(EpochRecord last, int head) => last.Validation.Count > head ? Invariant($"{100 * last.Result[head].Accuracy:F2} %") : "";

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    // Spectre writes lines over the panel's old place without erasing what was there.
    private sealed class LineOverPanel(string line) : Renderable
    {
        private const string EraseBelow = "\e[0J";

        protected override IEnumerable<Segment> Render(RenderOptions options, int maxWidth) =>
            [Segment.Control(EraseBelow), .. ((IRenderable)new Text($"{line}\n")).Render(options, maxWidth)];
    }

    private sealed class TrainingPanel(LiveDisplayContext context, bool unicode, ConsoleProgress epochs) : ITrainingCallback
    {
        private EpochRecord? last;

        public TrainingRequests Observe(TrainingEvent value)
        {
            last = value is EpochEvent epoch ? epoch.Record : last;
            if (value is StepEvent { IsReportDue: true } step)
            {
                context.UpdateTarget(Panel(step, last, unicode));
            }

            return epochs.Observe(value);
        }
    }

    private sealed class DownloadBar(ProgressContext context) : IProgress<DownloadProgress>
    {
        private readonly ProgressTask task = context.AddTask("CIFAR-10 …");

        public void Report(DownloadProgress value)
        {
            task.IsIndeterminate = value.TotalBytes is null;
            task.MaxValue = value.TotalBytes ?? 1;
            task.Value = value.BytesReceived;
            task.Description = Markup.Escape(Figures.Of(value));
        }
    }
}
