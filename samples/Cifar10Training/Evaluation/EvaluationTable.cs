using System.Globalization;
using Inception.Evaluation;

namespace Cifar10Training.Evaluation;

/// <summary>An evaluation as aligned text.</summary>
internal static class EvaluationTable
{
    // Columns of the confusion matrix: wide enough for 10,000 images of a class, and for the start of its name.
    private const int Column = 6;

    /// <summary>All figures, tables and mistakes, line by line.</summary>
    public static IEnumerable<string> Lines(EvaluationResult result) =>
        [.. Summary(result), "", .. Classes(result.Confusion), "", .. Confusion(result.Confusion), .. Mistakes(result)];

    private static IEnumerable<string> Summary(EvaluationResult result)
    {
        var right = result.Confusion.Counts.Select((row, k) => row[k]).Sum();
        yield return Text($"Accuracy     {Percent(result.Accuracy)}  ({right:N0} of {result.Images:N0} images)");
        yield return Text($"Top {result.TopK,-9}{Percent(result.TopKAccuracy)}");
        yield return Text($"Loss         {result.Loss,6:F4}");
        yield return Text($"Calibration  {Percent(result.Calibration.ExpectedError)}  (expected calibration error, {result.Calibration.Bins.Length} bins)");
        yield return Text($"Speed        {result.ImagesPerSecond:N0} images/s");
    }

    private static IEnumerable<string> Classes(ConfusionMatrix confusion)
    {
        var name = NameWidth(confusion);
        if (ManyClasses.Are(confusion))
        {
            yield return Text($"Lowest recall of {confusion.ClassNames.Length:N0} classes; --json has all.");
        }

        yield return $"{"Class".PadRight(name)}  Precision    Recall        F1   Images";
        foreach (var row in ManyClasses.Are(confusion) ? ManyClasses.Worst(confusion) : confusion.Classes)
        {
            yield return Text($"{row.Name.PadRight(name)}   {Percent(row.Precision)}  {Percent(row.Recall)}  {Percent(row.F1)}  {row.Support,7:N0}");
        }
    }

    private static IEnumerable<string> Confusion(ConfusionMatrix confusion)
    {
        var name = NameWidth(confusion);
        if (ManyClasses.Are(confusion))
        {
            yield return "Most frequent mistakes: images, true class, prediction.";
            foreach (var (actual, predicted, images) in ManyClasses.Confusions(confusion))
            {
                yield return Text($"{images,7:N0}  {actual.PadRight(name)}  {predicted}");
            }

            yield break;
        }

        yield return "Rows are true classes, columns predicted ones.";
        yield return new string(' ', name) + string.Concat(confusion.ClassNames.Select(n => Short(n).PadLeft(Column)));
        for (var k = 0; k < confusion.ClassNames.Length; k++)
        {
            yield return confusion.ClassNames[k].PadRight(name) + string.Concat(confusion.Counts[k].Select(count => Text($"{count,Column}")));
        }
    }

    private static IEnumerable<string> Mistakes(EvaluationResult result)
    {
        if (result.Mistakes.IsEmpty)
        {
            yield break;
        }

        var name = NameWidth(result.Confusion);
        yield return "";
        yield return "Most confident mistakes: index among these images, true class, prediction.";
        foreach (var mistake in result.Mistakes)
        {
            var names = result.Confusion.ClassNames;
            yield return Text($"{mistake.Index,7}  {names[mistake.Actual].PadRight(name)}  {names[mistake.Predicted].PadRight(name)}  {Percent(mistake.Confidence)}");
        }
    }

    private static int NameWidth(ConfusionMatrix confusion) => confusion.ClassNames.Select(name => name.Length).Append("Class".Length).Max();

    private static string Short(string name) => name.Length < Column ? name : name[..(Column - 1)];

    private static string Percent(double share) => Text($"{100 * share,6:F2} %");

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
