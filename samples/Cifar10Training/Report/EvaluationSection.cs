using System.Globalization;
using System.Text;
using Cifar10Training.Evaluation;
using Inception.Evaluation;
using static System.Net.WebUtility;

namespace Cifar10Training.Report;

/// <summary>How the final network classifies the test images: the confusion matrix with precision and recall, and the worst mistakes.</summary>
internal static class EvaluationSection
{
    public static string Write(EvaluationResult result, IReadOnlyList<MistakePicture> mistakes) => $"""
        {(ManyClasses.Are(result.Confusion) ? Confusions(result.Confusion) : Matrix(result.Confusion))}
        <section>
        <h2>Most confident mistakes</h2>
        <div class="mistakes">
        {string.Join('\n', mistakes.Select(Picture))}
        </div>
        </section>
        """;

    private static string Matrix(ConfusionMatrix confusion)
    {
        var table = new StringBuilder("""
            <section>
            <h2>Confusion matrix</h2>
            <p class="legend">Rows are the true classes, columns the predicted ones; the stronger a cell's colour, the larger its share of the row.</p>
            <div class="scroll"><table class="confusion"><thead><tr><th></th>
            """);
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

        return table.Append("</tbody></table></div>\n</section>").ToString();
    }

    private static string Confusions(ConfusionMatrix confusion) => string.Create(CultureInfo.InvariantCulture, $"""
        <section>
        <h2>Classes of lowest recall</h2>
        <p class="legend">Of {confusion.ClassNames.Length:N0} classes; metrics.json has all.</p>
        <table><thead><tr><th>class</th><th>recall</th><th>precision</th><th>images</th></tr></thead><tbody>
        {Rows(ManyClasses.Worst(confusion).Select(metrics => $"<th scope=\"row\">{HtmlEncode(metrics.Name)}</th><td>{100 * metrics.Recall:F1} %</td><td>{100 * metrics.Precision:F1} %</td><td>{metrics.Support:N0}</td>"))}
        </tbody></table>
        </section>
        <section>
        <h2>Most frequent mistakes</h2>
        <table><thead><tr><th>class</th><th>taken for</th><th>images</th></tr></thead><tbody>
        {Rows(ManyClasses.Confusions(confusion).Select(row => $"<th scope=\"row\">{HtmlEncode(row.Actual)}</th><td>{HtmlEncode(row.Predicted)}</td><td>{row.Images:N0}</td>"))}
        </tbody></table>
        </section>
        """);

    private static string Rows(IEnumerable<string> rows) => string.Join('\n', rows.Select(row => $"<tr>{row}</tr>"));

    private static string Cell(long count, long support, bool hit) => string.Create(CultureInfo.InvariantCulture,
        $"<td class=\"{(hit ? "hit" : "miss")}\" style=\"--share:{(support == 0 ? 0 : 100.0 * count / support):F0}%\">{count}</td>");

    private static string Picture(MistakePicture picture) => string.Create(CultureInfo.InvariantCulture, $"""
        <figure><img alt="test image {picture.Mistake.Index}" width="96" height="96" src="{picture.DataUri}">
        <figcaption>{HtmlEncode(picture.Actual)}<br>taken for {HtmlEncode(picture.Predicted)}<br>{100 * picture.Mistake.Confidence:F1} % sure</figcaption></figure>
        """);
}
