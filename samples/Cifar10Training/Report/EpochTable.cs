using System.Globalization;
using System.Net;
using System.Text;
using Inception.Training;

namespace Cifar10Training.Report;

/// <summary>The history as a table: accuracy of every head on training and test images, the main head's loss, rate and time.</summary>
internal static class EpochTable
{
    public static string Write(RunReport report)
    {
        if (report.History.Epochs.Count == 0)
        {
            return "<p class=\"legend\">None yet.</p>";
        }

        var table = new StringBuilder("<div class=\"scroll\"><table><thead><tr><th>epoch</th>");
        foreach (var head in report.Heads)
        {
            Cells(table, "th", $"{head} training", $"{head} test");
        }

        Cells(table, "th", "training loss", "test loss", "learning rate", "seconds");
        table.Append("</tr></thead><tbody>\n");
        foreach (var epoch in report.History.Epochs)
        {
            table.Append(CultureInfo.InvariantCulture, $"<tr><td>{epoch.Epoch}</td>");
            foreach (var (train, i) in epoch.Train.Select((train, i) => (train, i)))
            {
                Cells(table, "td", Percent(train), Percent(epoch.Validation.ElementAtOrDefault(i)));
            }

            Cells(table, "td", Loss(epoch.Train[0]), Loss(epoch.Validation.ElementAtOrDefault(0)), Number($"{epoch.LearningRate:G3}"), Number($"{epoch.Seconds:F0}"));
            table.Append("</tr>\n");
        }

        return table.Append("</tbody></table></div>").ToString();
    }

    private static void Cells(StringBuilder table, string element, params ReadOnlySpan<string> texts)
    {
        foreach (var text in texts)
        {
            table.Append(CultureInfo.InvariantCulture, $"<{element}>{WebUtility.HtmlEncode(text)}</{element}>");
        }
    }

    private static string Percent(HeadMetrics? head) => head is null ? "–" : Number($"{100 * head.Accuracy:F2} %");

    private static string Loss(HeadMetrics? head) => head is null ? "–" : Number($"{head.Loss:F3}");

    private static string Number(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
