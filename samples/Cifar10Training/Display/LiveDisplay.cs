using Inception.Data;
using Inception.Training;
using Spectre.Console;

namespace Cifar10Training.Display;

/// <summary>A bar at the bottom of the terminal; lines that stay scroll above it.</summary>
internal sealed class LiveDisplay(IAnsiConsole console) : RunDisplay
{
    public override void WriteLine(string line) => console.WriteLine(line);

    public override Task<T> LoadAsync<T>(Func<IProgress<DownloadProgress>, Task<T>> load) =>
        Bar().StartAsync(context => load(new DownloadBar(context)));

    public override T Train<T>(Func<IProgress<TrainingEvent>, T> train) => Bar().Start(context => train(new TrainingBar(context)));

    private Progress Bar() => console.Progress().AutoClear(true).HideCompleted(false).Columns(
        new ProgressBarColumn { Width = Math.Clamp(console.Profile.Width - 84, 8, 40) },
        new TaskDescriptionColumn { Alignment = Justify.Left });

    private sealed class TrainingBar(ProgressContext context) : IProgress<TrainingEvent>
    {
        private readonly ProgressTask task = context.AddTask("first steps …");

        public void Report(TrainingEvent value)
        {
            if (value is StepEvent step)
            {
                task.MaxValue = (long)step.Epochs * step.Steps;
                task.Value = ((long)(step.Epoch - 1) * step.Steps) + step.Step;
                task.Description = Markup.Escape(step.Step < step.Steps
                    ? $"epoch {step.Epoch}/{step.Epochs} step {step.Step}/{step.Steps}  {Figures.Of(step)}"
                    : $"epoch {step.Epoch}/{step.Epochs} on the test images …");
            }
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
