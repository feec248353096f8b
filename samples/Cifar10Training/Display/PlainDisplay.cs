using System.Diagnostics;
using System.Globalization;
using Inception.Data;
using Inception.Training;

namespace Cifar10Training.Display;

/// <summary>Lines for logs and pipes: one for every tenth of an epoch or download, no more than one in two seconds, at least one a minute.</summary>
internal sealed class PlainDisplay(TextWriter output) : RunDisplay
{
    private static readonly TimeSpan Shortest = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(1);

    public override void WriteLine(string line)
    {
        lock (output)
        {
            output.WriteLine(line);
            output.Flush();
        }
    }

    public override Task<T> LoadAsync<T>(Func<IProgress<DownloadProgress>, Task<T>> load) => load(new Lines<DownloadProgress>(this, e => (Share(e), Line(e))));

    public override T Train<T>(Func<IProgress<TrainingEvent>, T> train) =>
        train(new Lines<TrainingEvent>(this, e => e is StepEvent step && step.Step < step.Steps ? (Share(step), Line(step)) : null));

    private static double Share(StepEvent step) => step.Epoch + (step.Step / (double)step.Steps);

    private static double Share(DownloadProgress download) => download.BytesReceived / (double)(download.TotalBytes ?? 170_000_000);

    private static string Line(StepEvent step) => string.Create(CultureInfo.InvariantCulture,
        $"  epoch {step.Epoch}/{step.Epochs}  step {step.Step}/{step.Steps}  {Figures.Of(step)}");

    private static string Line(DownloadProgress download) => string.Create(CultureInfo.InvariantCulture, $"  {Figures.Of(download)}");

    private sealed class Lines<T>(PlainDisplay display, Func<T, (double Share, string Line)?> describe) : IProgress<T>
    {
        private long last = Stopwatch.GetTimestamp();
        private double shown;

        public void Report(T value)
        {
            var waited = Stopwatch.GetElapsedTime(last);
            if (waited < Shortest || describe(value) is not { } entry || (Math.Floor(10 * entry.Share) <= Math.Floor(10 * shown) && waited < Longest))
            {
                return;
            }

            (last, shown) = (Stopwatch.GetTimestamp(), entry.Share);
            display.WriteLine(entry.Line);
        }
    }
}
