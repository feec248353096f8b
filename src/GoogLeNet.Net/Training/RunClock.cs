using System.Diagnostics;

namespace Inception.Training;

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
