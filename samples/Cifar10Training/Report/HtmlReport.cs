using System.Globalization;
using System.Text;
using Cifar10Training.Runs;
using static System.Net.WebUtility;

namespace Cifar10Training.Report;

/// <summary>A run as one HTML file that needs nothing else.</summary>
internal static class HtmlReport
{
    public static string Write(RunReport report)
    {
        var recipe = report.Config.Recipe;
        return $"""
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>{HtmlEncode($"GoogLeNet on {report.Config.DataTitle}: {recipe.Name}")}</title>
            <style>
            {Palette.Variables(":root")}
            {Palette.ChartRules}
            {ReportStyle.Rules}
            </style>
            </head>
            <body>
            <main>
            <header>
            <h1>GoogLeNet on {report.Config.DataTitle}</h1>
            <p>{HtmlEncode(Subtitle(report))}</p>
            </header>
            <section class="tiles">
            {Tiles(report)}</section>
            <section>
            <h2>Curves</h2>
            <p class="legend">{Legend(report)}</p>
            <div class="charts">
            {Figure(Charts.Accuracy(report))}{Figure(Charts.Loss(report))}{Figure(Charts.LearningRate(report))}</div>
            </section>
            {(report.Evaluation is { } evaluation ? EvaluationSection.Write(evaluation, report.Mistakes ?? []) : "")}
            <section>
            <h2>Epochs</h2>
            {EpochTable.Write(report)}
            </section>
            <section class="facts">
            {ReportFacts.Write(report)}
            </section>
            <section>
            <details><summary>config.json</summary><pre>{HtmlEncode(report.Config.ToJson())}</pre></details>
            </section>
            </main>
            </body>
            </html>

            """;
    }

    private static string Subtitle(RunReport report)
    {
        var (done, all) = (report.History.Epochs.Count, report.Config.Recipe.Trainer.Epochs);
        var state = report.Metrics is null ? $" · unfinished: {done} of {all} epochs" : "";
        return string.Create(CultureInfo.InvariantCulture,
            $"Recipe {report.Config.Recipe.Name} · network {report.Config.Recipe.Spec.Name} · {report.Config.Started:yyyy-MM-dd HH:mm}{state}");
    }

    private static string Tiles(RunReport report)
    {
        var tiles = new StringBuilder();
        void Tile(string value, string label, string style = "") => tiles.Append(
            CultureInfo.InvariantCulture, $"<div class=\"tile{style}\"><strong>{HtmlEncode(value)}</strong><span>{HtmlEncode(label)}</span></div>\n");
        var last = report.History.Epochs is not [.., { Validation.Count: > 0 }] ? [] : RunMetrics.FinalHeads(report.Config, report.History);
        if (report.Evaluation is { } test)
        {
            Tile(Percent(test.Accuracy), "test accuracy", " main");
        }

        foreach (var head in last)
        {
            Tile(Percent(head.Accuracy), $"{head.Head}, images alone");         // without the recipe's test-time views
        }

        if (report.Metrics is { } metrics)
        {
            if (report.Evaluation is { } evaluation)
            {
                Tile(Percent(evaluation.TopKAccuracy), $"top-{evaluation.TopK}, test");
                Tile(Percent(evaluation.Calibration.ExpectedError), "calibration error");
            }

            Tile(Display.Duration.Words(TimeSpan.FromSeconds(metrics.WallSeconds)), "start to end");
            Tile(metrics.TrainImagesPerSecond.ToString("N0", CultureInfo.InvariantCulture), "training images/s");
            Tile(metrics.Parameters.ToString("N0", CultureInfo.InvariantCulture), "parameters");
        }

        return tiles.ToString();
    }

    private static string Percent(double share) => string.Create(CultureInfo.InvariantCulture, $"{100 * share:F2} %");

    private static string Legend(RunReport report)
    {
        const string Key = """<span><svg width="26" height="10"><line class="series {0}" x1="2" x2="24" y1="5" y2="5"/></svg>{1}</span>""";
        var heads = report.Heads.Select((head, i) => string.Format(CultureInfo.InvariantCulture, Key, $"c{i % Palette.Colors}", HtmlEncode(head)));
        return string.Join('\n', [.. heads, string.Format(CultureInfo.InvariantCulture, Key, "key", "test"), string.Format(CultureInfo.InvariantCulture, Key, "key train", "training")]);
    }

    private static string Figure(Chart chart) =>
        $"""<figure><svg viewBox="0 0 390 280" role="img" aria-label="{HtmlEncode(chart.Title)}">{ChartSvg.Draw(chart, 390, 280)}</svg></figure>""" + "\n";
}
