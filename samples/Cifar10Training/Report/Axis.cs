using System.Globalization;

namespace Cifar10Training.Report;

/// <summary>An axis that begins and ends at round numbers.</summary>
/// <param name="From">Value at its start.</param>
/// <param name="To">Value at its end.</param>
/// <param name="Step">Distance of its ticks: 1, 2 or 5 times a power of ten.</param>
internal readonly record struct Axis(double From, double To, double Step)
{
    /// <summary>The values with a tick.</summary>
    public IEnumerable<double> Ticks
    {
        get
        {
            var (from, step) = (From, Step);
            return Enumerable.Range(0, (int)Math.Round((To - from) / step) + 1).Select(i => Math.Round(from + (i * step), 12));
        }
    }

    /// <summary>A tick's value with as many decimals as the steps need.</summary>
    public string Format(double tick) => tick.ToString($"F{Math.Max(0, -(int)Math.Floor(Math.Log10(Step) + 1e-9))}", CultureInfo.InvariantCulture);

    /// <summary>The smallest such axis that holds all values, with about <paramref name="ticks"/> ticks.</summary>
    public static Axis Around(IReadOnlyCollection<double> values, int ticks = 5)
    {
        var (low, high) = values.Count == 0 ? (0, 1) : (values.Min(), values.Max());
        if (high - low < 1e-9 * Math.Max(1, Math.Abs(high)))
        {
            (low, high) = (low - (0.5 * Math.Max(Math.Abs(low), 1e-3)), high + (0.5 * Math.Max(Math.Abs(high), 1e-3)));
        }

        var step = RoundUp((high - low) / ticks);
        return new Axis(Math.Floor((low / step) + 1e-9) * step, Math.Ceiling((high / step) - 1e-9) * step, step);
    }

    /// <summary>Whole numbers from 0 to <paramref name="last"/>, of which about <paramref name="ticks"/> have a tick.</summary>
    public static Axis Whole(int last, int ticks = 6) => new(0, last, Math.Max(1, RoundUp(last / (double)ticks)));

    private static double RoundUp(double step)
    {
        var power = Math.Pow(10, Math.Floor(Math.Log10(step)));
        return power * ((step / power) switch { <= 1.0001 => 1, <= 2.0001 => 2, <= 5.0001 => 5, _ => 10 });
    }
}
