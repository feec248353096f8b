using System.Globalization;
using System.Net;
using System.Text;

namespace Cifar10Training.Report;

/// <summary>Draws a chart with SVG elements; the classes get their colours from <see cref="Palette"/>.</summary>
internal sealed class ChartSvg
{
    private const double Left = 52;
    private const double Right = 14;
    private const double Top = 34;
    private const double Bottom = 42;

    private readonly StringBuilder svg = new();
    private readonly Chart chart;
    private readonly double width;
    private readonly double height;
    private readonly Axis x;
    private readonly Axis y;

    private ChartSvg(Chart chart, double width, double height)
    {
        (this.chart, this.width, this.height) = (chart, width, height);
        x = Axis.Whole(chart.Epochs);
        y = Axis.Around([.. chart.Series.SelectMany(series => series.Points).Select(point => point.Y)]);
    }

    /// <summary>The chart as elements in a rectangle from (0, 0) to (width, height), in pixels.</summary>
    public static string Draw(Chart chart, double width, double height)
    {
        var drawing = new ChartSvg(chart, width, height);
        drawing.Axes();
        foreach (var series in chart.Series)
        {
            drawing.Curve(series);
        }

        return drawing.svg.ToString();
    }

    private void Axes()
    {
        Add($"""<text class="chart-title" x="0" y="15">{WebUtility.HtmlEncode(chart.Title)}</text>""");
        foreach (var tick in y.Ticks)
        {
            Add($"""<line class="grid" x1="{Left:F1}" x2="{width - Right:F1}" y1="{Y(tick):F1}" y2="{Y(tick):F1}"/>""");
            Add($"""<text class="tick" text-anchor="end" x="{Left - 8:F1}" y="{Y(tick) + 4:F1}">{y.Format(tick)}{chart.Suffix}</text>""");
        }

        foreach (var tick in x.Ticks.Where(tick => tick <= chart.Epochs))
        {
            Add($"""<line class="axis" x1="{X(tick):F1}" x2="{X(tick):F1}" y1="{height - Bottom:F1}" y2="{height - Bottom + 4:F1}"/>""");
            Add($"""<text class="tick" text-anchor="middle" x="{X(tick):F1}" y="{height - Bottom + 18:F1}">{tick:0}</text>""");
        }

        Add($"""<line class="axis" x1="{Left:F1}" x2="{width - Right:F1}" y1="{height - Bottom:F1}" y2="{height - Bottom:F1}"/>""");
        Add($"""<text class="tick" text-anchor="middle" x="{(Left + width - Right) / 2:F1}" y="{height - 6:F1}">epochs</text>""");
    }

    private void Curve(Series series)
    {
        var style = $"series c{series.Color % Palette.Colors}{(series.Dashed ? " train" : "")}";
        var points = string.Join(' ', series.Points.Select(point => string.Create(CultureInfo.InvariantCulture, $"{X(point.X):F1},{Y(point.Y):F1}")));
        Add($"""<polyline class="{style}" points="{points}"/>""");
        foreach (var (px, py) in series.Marked ? series.Points : [])
        {
            Add($"""<circle class="{style}" cx="{X(px):F1}" cy="{Y(py):F1}" r="{(series.Dashed ? 2.2 : 3)}"/>""");
        }
    }

    private double X(double value) => Left + ((width - Right - Left) * value / chart.Epochs);

    private double Y(double value) => height - Bottom - ((height - Bottom - Top) * (value - y.From) / (y.To - y.From));

    private void Add(FormattableString element) => svg.Append(element.ToString(CultureInfo.InvariantCulture)).Append('\n');
}
