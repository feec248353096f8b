using System.Globalization;
using System.Net;
using System.Text;

namespace Cifar10Training.Report;

/// <summary>Accuracy and loss side by side as one SVG file, for a README.</summary>
internal static class CurveFigure
{
    private const int Width = 980;
    private const int Height = 420;

    public static string Write(RunReport report)
    {
        var figure = new StringBuilder();
        figure.Append(CultureInfo.InvariantCulture, $"""
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {Width} {Height}" width="{Width}" height="{Height}" role="img">
            <title>{WebUtility.HtmlEncode(Title(report))}</title>
            <style>
            {Palette.Variables("svg")}
            {Palette.ChartRules}
            .heading {"{"} font-size: 17px; font-weight: 650; {"}"} svg text.legend {"{"} font-size: 13px; fill: var(--muted); {"}"}
            </style>
            <rect width="{Width}" height="{Height}" rx="10" style="fill: var(--surface)"/>
            <text class="heading" x="24" y="36">{WebUtility.HtmlEncode(Title(report))}</text>

            """);
        Legend(figure, report);
        figure.Append(CultureInfo.InvariantCulture, $"<g transform=\"translate(24 88)\">\n{ChartSvg.Draw(Charts.Accuracy(report), 460, 320)}</g>\n");
        figure.Append(CultureInfo.InvariantCulture, $"<g transform=\"translate(500 88)\">\n{ChartSvg.Draw(Charts.Loss(report), 460, 320)}</g>\n");
        return figure.Append("</svg>\n").ToString();
    }

    private static string Title(RunReport report)
    {
        var network = $"GoogLeNet ({report.Config.Recipe.Spec.Name}) on {report.Config.DataTitle}";
        return report.Metrics is { } metrics
            ? string.Create(CultureInfo.InvariantCulture, $"{network}: {metrics.TestAccuracy:F1} % test accuracy") : network;
    }

    private static void Legend(StringBuilder figure, RunReport report)
    {
        var x = 24;
        foreach (var (head, i) in report.Heads.Select((head, i) => (head, i)))
        {
            Entry(head, $"c{i % Palette.Colors}");
        }

        Entry("test", "key");
        Entry("training", "key train");

        void Entry(string name, string style)
        {
            figure.Append(CultureInfo.InvariantCulture, $"""
                <line class="series {style}" style="{(style.StartsWith("key", StringComparison.Ordinal) ? "stroke: var(--muted)" : "")}" x1="{x}" x2="{x + 22}" y1="60" y2="60"/><text class="legend" x="{x + 29}" y="64">{WebUtility.HtmlEncode(name)}</text>

                """);
            x += 29 + (8 * name.Length) + 26;
        }
    }
}
