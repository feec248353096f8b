using System.Diagnostics;
using System.Globalization;
using Inception.Data;
using Inception.Training;

namespace Cifar10Training.Display;

/// <summary>Lines for logs and pipes. Of a download one for every tenth, no more than one in two seconds, at least one a minute.</summary>
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

    public override Task<T> LoadAsync<T>(Func<IProgress<DownloadProgress>, Task<T>> load) => load(new Lines(this));

    public override T Train<T>(Func<ITrainingCallback, T> train) => train(new ConsoleProgress(WriteLine));

    private static double Share(DownloadProgress download) => download.BytesReceived / (double)(download.TotalBytes ?? 170_000_000);

    private static string Line(DownloadProgress download) => string.Create(CultureInfo.InvariantCulture, $"  {Figures.Of(download)}");

    private sealed class Lines(PlainDisplay display) : IProgress<DownloadProgress>
    {
        private long last = Stopwatch.GetTimestamp();
        private double shown;

        public void Report(DownloadProgress value)
        {
            var waited = Stopwatch.GetElapsedTime(last);
            if (waited < Shortest || (Math.Floor(10 * Share(value)) <= Math.Floor(10 * shown) && waited < Longest))
            {
                return;
            }

            (last, shown) = (Stopwatch.GetTimestamp(), Share(value));
            display.WriteLine(Line(value));
        }
    }
}
