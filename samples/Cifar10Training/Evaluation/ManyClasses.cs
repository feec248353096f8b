using Inception.Evaluation;

namespace Cifar10Training.Evaluation;

/// <summary>What is shown of a confusion matrix that no screen can hold, as of ImageNet's 1,000 classes.</summary>
internal static class ManyClasses
{
    private const int MostInAMatrix = 20;
    private const int Lines = 20;

    /// <summary>Whether there are so many.</summary>
    public static bool Are(ConfusionMatrix confusion) => confusion.ClassNames.Length > MostInAMatrix;

    /// <summary>The classes of lowest recall, of those that have images.</summary>
    public static IEnumerable<ClassMetrics> Worst(ConfusionMatrix confusion) => confusion.Classes.Where(metrics => metrics.Support > 0).OrderBy(metrics => metrics.Recall).Take(Lines);

    /// <summary>The classes that are most often taken for another, with the number of images.</summary>
    public static IEnumerable<(string Actual, string Predicted, long Images)> Confusions(ConfusionMatrix confusion) =>
        (from actual in Enumerable.Range(0, confusion.ClassNames.Length)
         from predicted in Enumerable.Range(0, confusion.ClassNames.Length)
         where actual != predicted && confusion[actual, predicted] > 0
         orderby confusion[actual, predicted] descending
         select (confusion.ClassNames[actual], confusion.ClassNames[predicted], confusion[actual, predicted])).Take(Lines);
}
