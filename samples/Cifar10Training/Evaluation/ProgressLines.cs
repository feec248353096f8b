using System.Diagnostics;
using System.Globalization;
using Cifar10Training.Display;
using Inception.Data;

namespace Cifar10Training.Evaluation;

/// <summary>A line every ten seconds.</summary>
internal sealed class ProgressLines(RunDisplay display) : IProgress<ImageProgress>
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);
    private readonly long began = Stopwatch.GetTimestamp();
    private long last = Stopwatch.GetTimestamp();

    public void Report(ImageProgress value)
    {
        if (value.Done == value.Total || Stopwatch.GetElapsedTime(last) < Interval)
        {
            return;
        }

        last = Stopwatch.GetTimestamp();
        display.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"  {value.Done:N0} of {value.Total:N0} images, {value.Done / Stopwatch.GetElapsedTime(began).TotalSeconds:N0} images/s"));
    }
}
