namespace Inception;

/// <summary>A class that a picture may belong to.</summary>
/// <param name="ClassIndex">The class's number, from 0.</param>
/// <param name="ClassName">Its name; <c>class 7</c> where the network knows no names.</param>
/// <param name="Probability">In [0, 1]; those of all classes add up to 1.</param>
public readonly record struct Prediction(int ClassIndex, string ClassName, double Probability)
{
    /// <summary>The names of classes: those that are known, otherwise numbers.</summary>
    internal static IReadOnlyList<string> Names(IReadOnlyList<string> known, int classes) => known.Count > 0 ? known : [.. Enumerable.Range(0, classes).Select(k => $"class {k}")];

    /// <summary>The most probable classes, the most probable first; none where that one is less probable than an answer must be.</summary>
    /// <param name="probabilities">Of each class.</param>
    /// <param name="names">Of each class.</param>
    /// <param name="top">How many, at least 1.</param>
    /// <param name="minimumConfidence">In [0, 1].</param>
    internal static IReadOnlyList<Prediction> Best(double[] probabilities, IReadOnlyList<string> names, int top, double minimumConfidence) => probabilities.Max() < minimumConfidence ? []
        : [.. probabilities.Select((probability, k) => new Prediction(k, names[k], probability)).OrderByDescending(guess => guess.Probability).Take(top)];
}
