using System.Globalization;
using Inception.Data;
using Inception.Training;

namespace Cifar10Training.Display;

/// <summary>A moment of a run in a few words.</summary>
internal static class Figures
{
    /// <summary>Learning rate, speed and time left; nothing is known about the latter two before the second step.</summary>
    public static string Pace(StepEvent step) => string.Create(CultureInfo.InvariantCulture,
        $"lr {step.LearningRate:G3}{(step.Remaining is { } left ? $"  {step.ImagesPerSecond:F0} img/s  {Duration.Clock(left)} left" : "")}");

    /// <summary>For example <c>45 of 139 MB</c>.</summary>
    public static string Of(DownloadProgress download) => string.Create(CultureInfo.InvariantCulture,
        $"{download.Source}: {download.BytesReceived / 1e6:F0}{(download.TotalBytes is { } total ? $" of {total / 1e6:F0}" : "")} MB");
}
