using System.Globalization;
using System.Text;
using Inception.Training;

namespace Inception.Tests.Training.Schedules;

/// <summary>Draws the learning rate over the epochs of a run.</summary>
internal static class ScheduleCurve
{
    private const double Width = 640;
    private const double Height = 200;
    private const double Left = 56;
    private const double Right = 16;
    private const double Top = 14;
    private const double Bottom = 40;
    private const int MostPoints = 2000;
    private const double Tolerance = 0.1;

    // 0: epochs, 1 and 2: the drawing's width and height.
    private const string Head = """
        <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {1} {2}" width="{1}" height="{2}" role="img">
        <title>Learning rate over {0} epochs</title>
        <style>
        svg {{ color-scheme: light dark; --surface: #ffffff; --muted: #5b6472; --grid: #e4e7ec; --axis: #9aa3b0; --curve: #2457d6; }}
        @media (prefers-color-scheme: dark) {{ svg {{ --surface: #171b22; --muted: #9aa5b4; --grid: #2a303a; --axis: #5b6675; --curve: #7aa5ff; }} }}
        text {{ font: 12px system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; fill: var(--muted); font-variant-numeric: tabular-nums; }}
        .grid {{ stroke: var(--grid); }} .axis {{ stroke: var(--axis); }}
        .curve {{ fill: none; stroke: var(--curve); stroke-width: 2.25; stroke-linejoin: round; stroke-linecap: round; }}
        </style>
        <rect width="{1}" height="{2}" rx="8" style="fill: var(--surface)"/>

        """;

    /// <summary>The curve as one SVG file of a few kilobytes, with its own light and dark colors; lines end in a line feed.</summary>
    /// <param name="schedule">What to draw.</param>
    /// <param name="epochs">Epochs of the run, at least 1.</param>
    /// <param name="stepsPerEpoch">Steps in an epoch, at least 1. Default 50; at most 2,000 steps of the run are drawn.</param>
    /// <param name="history">Finished epochs, for a schedule that looks at them; none when omitted.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is outside its range.</exception>
    public static string ToSvg(ILearningRateSchedule schedule, int epochs, int stepsPerEpoch = 50, IReadOnlyList<EpochRecord>? history = null)
    {
        ArgumentNullException.ThrowIfNull(schedule);
        Check.AtLeast(1, epochs);
        Check.AtLeast(1, stepsPerEpoch);
        var points = Sample(schedule, epochs, stepsPerEpoch, history ?? []);
        var highest = points.Max(point => point.Rate);
        var step = RoundUp((highest > 0 ? highest : 1) / 4);
        var lines = (int)Math.Max(1, Math.Ceiling((highest / step) - 1e-9));

        var svg = new StringBuilder();
        svg.Append(string.Format(CultureInfo.InvariantCulture, CompositeFormat.Parse(Head), epochs, Width, Height).ReplaceLineEndings("\n"));
        AddAxes(svg, epochs, step, lines);
        // Rounded before anything is decided by them, so that a last bit of the machine's cosine changes no file.
        var pixels = points.Select(point => (X: Math.Round(X(point.Epoch, epochs), 2), Y: Math.Round(Y(point.Rate / (step * lines)), 2))).ToList();
        var kept = Simplify(pixels, 0, pixels.Count - 1).Prepend(0).Select(i => Invariant($"{pixels[i].X:0.#},{pixels[i].Y:0.#}"));
        return svg.Append($"<polyline class=\"curve\" points=\"{string.Join(' ', kept)}\"/>\n</svg>\n").ToString();
    }

    private static List<(double Epoch, double Rate)> Sample(
        ILearningRateSchedule schedule, int epochs, int stepsPerEpoch, IReadOnlyList<EpochRecord> history)
    {
        var total = (long)epochs * stepsPerEpoch;
        var count = (int)Math.Min(total, MostPoints);
        var points = Enumerable.Range(0, count).Select(i => i * (total - 1) / Math.Max(1, count - 1))
            .Select(step => new TrainingPosition((int)(step / stepsPerEpoch), (int)(step % stepsPerEpoch), stepsPerEpoch, epochs))
            .Select(position => (position.EpochsDone, schedule.RateAt(position, history))).ToList();
        return [.. points, (epochs, points[^1].Item2)];
    }

    private static void AddAxes(StringBuilder svg, int epochs, double step, int lines)
    {
        for (var i = 0; i <= lines; i++)
        {
            var y = Y(i / (double)lines);
            svg.Append(Invariant($"<line class=\"{(i == 0 ? "axis" : "grid")}\" x1=\"{Left}\" x2=\"{Width - Right}\" y1=\"{y:0.#}\" y2=\"{y:0.#}\"/>"));
            svg.Append(Invariant($"<text text-anchor=\"end\" x=\"{Left - 8}\" y=\"{y + 4:0.#}\">{i * step:G4}</text>\n"));
        }

        var stride = (long)Math.Max(1, RoundUp(epochs / 6.0));
        for (var epoch = 0L; epoch <= epochs; epoch += stride)
        {
            var x = X(epoch, epochs);
            svg.Append(Invariant($"<line class=\"axis\" x1=\"{x:0.#}\" x2=\"{x:0.#}\" y1=\"{Height - Bottom}\" y2=\"{Height - Bottom + 4}\"/>"));
            svg.Append(Invariant($"<text text-anchor=\"middle\" x=\"{x:0.#}\" y=\"{Height - Bottom + 18}\">{epoch}</text>\n"));
        }

        svg.Append(Invariant($"<text text-anchor=\"middle\" x=\"{(Left + Width - Right) / 2}\" y=\"{Height - 6}\">epochs</text>\n"));
    }

    // Douglas and Peucker 1973: the points after the first without which the line would leave its place by more than the tolerance.
    private static IEnumerable<int> Simplify(List<(double X, double Y)> points, int first, int last)
    {
        var (farthest, distance) = (0, Tolerance);
        for (var i = first + 1; i < last; i++)
        {
            var (from, to) = (points[first], points[last]);
            var (dx, dy) = (to.X - from.X, to.Y - from.Y);
            var away = Math.Abs((dx * (points[i].Y - from.Y)) - (dy * (points[i].X - from.X))) / Math.Sqrt((dx * dx) + (dy * dy));
            (farthest, distance) = away > distance ? (i, away) : (farthest, distance);
        }

        return farthest == 0 ? [last] : Simplify(points, first, farthest).Concat(Simplify(points, farthest, last));
    }

    private static double X(double epoch, int epochs) => Left + ((Width - Left - Right) * epoch / epochs);

    private static double Y(double share) => Height - Bottom - ((Height - Top - Bottom) * share);

    // The next 1, 2 or 5 times a power of ten.
    private static double RoundUp(double value)
    {
        var power = Math.Pow(10, Math.Floor(Math.Log10(value)));
        return power * ((value / power) switch { <= 1.0001 => 1, <= 2.0001 => 2, <= 5.0001 => 5, _ => 10 });
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
