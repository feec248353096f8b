using System.Globalization;

namespace Cifar10Training.Display;

/// <summary>Lengths of time as people say them.</summary>
internal static class Duration
{
    /// <summary>In the largest unit that leaves two or more of it: <c>40 seconds</c>, <c>12 minutes</c>, <c>31 hours</c>, <c>3 days</c>.</summary>
    public static string Words(TimeSpan time) => time switch
    {
        { TotalSeconds: < 1.5 } => "1 second",
        { TotalSeconds: < 119.5 } => Count(time.TotalSeconds, "seconds"),
        { TotalMinutes: < 119.5 } => Count(time.TotalMinutes, "minutes"),
        { TotalHours: < 47.5 } => Count(time.TotalHours, "hours"),
        _ => Count(time.TotalDays, "days"),
    };

    /// <summary><c>3:07</c> or <c>12:03:07</c>.</summary>
    public static string Clock(TimeSpan time) => time.TotalHours < 1
        ? string.Create(CultureInfo.InvariantCulture, $"{time.Minutes}:{time.Seconds:00}")
        : string.Create(CultureInfo.InvariantCulture, $"{(int)time.TotalHours}:{time.Minutes:00}:{time.Seconds:00}");

    private static string Count(double value, string unit) => string.Create(CultureInfo.InvariantCulture, $"{value:F0} {unit}");
}
