using System.Globalization;
using System.Text;
using Inception.Evaluation;
using static System.Net.WebUtility;

namespace Cifar10Training.Report;

/// <summary>How the final network classifies the test images: the confusion matrix with precision and recall, and the worst mistakes.</summary>
internal static class EvaluationSection
{
    public static string Write(EvaluationResult result, IReadOnlyList<MistakePicture> mistakes) => $"""
        <section>
        <h2>Confusion matrix</h2>
        <p class="legend">Rows are the true classes, columns the predicted ones; the stronger a cell's colour, the larger its share of the row.</p>
        {Matrix(result.Confusion)}
        </section>
        <section>
        <h2>Most confident mistakes</h2>
        <div class="mistakes">
        {string.Join('\n', mistakes.Select(Picture))}
        </div>
        </section>
        """;

    private static string Matrix(ConfusionMatrix confusion)
    {
        var table = new StringBuilder("<div class=\"scroll\"><table class=\"confusion\"><thead><tr><th></th>");
        foreach (var name in confusion.ClassNames)
        {
            table.Append(CultureInfo.InvariantCulture, $"<th scope=\"col\"><span>{HtmlEncode(name)}</span></th>");
        }

        table.Append("<th>recall</th><th>precision</th></tr></thead><tbody>\n");
        foreach (var (metrics, actual) in confusion.Classes.Select((metrics, i) => (metrics, i)))
        {
            table.Append(CultureInfo.InvariantCulture, $"<tr><th scope=\"row\">{HtmlEncode(metrics.Name)}</th>");
            for (var predicted = 0; predicted < confusion.ClassNames.Length; predicted++)
            {
                table.Append(Cell(confusion[actual, predicted], metrics.Support, actual == predicted));
            }

            table.Append(CultureInfo.InvariantCulture, $"<td>{100 * metrics.Recall:F1} %</td><td>{100 * metrics.Precision:F1} %</td></tr>\n");
        }

        return table.Append("</tbody></table></div>").ToString();
    }

    private static string Cell(long count, long support, bool hit) => string.Create(CultureInfo.InvariantCulture,
        $"<td class=\"{(hit ? "hit" : "miss")}\" style=\"--share:{(support == 0 ? 0 : 100.0 * count / support):F0}%\">{count}</td>");

    private static string Picture(MistakePicture picture) => string.Create(CultureInfo.InvariantCulture, $"""
        <figure><img alt="test image {picture.Mistake.Index}" width="96" height="96" src="{picture.DataUri}">
        <figcaption>{HtmlEncode(picture.Actual)}<br>taken for {HtmlEncode(picture.Predicted)}<br>{100 * picture.Mistake.Confidence:F1} % sure</figcaption></figure>
        """);
}
