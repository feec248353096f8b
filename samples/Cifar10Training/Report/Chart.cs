namespace Cifar10Training.Report;

/// <summary>A curve of a chart.</summary>
/// <param name="Color">Number of its colour in the palette.</param>
/// <param name="Dashed">Whether it is dashed (training) rather than solid (test).</param>
/// <param name="Marked">Whether each point has a marker.</param>
/// <param name="Points">x and y in the order of x.</param>
internal sealed record Series(int Color, bool Dashed, bool Marked, IReadOnlyList<(double X, double Y)> Points);

/// <summary>Curves over the epochs of a run.</summary>
/// <param name="Title">What y is, with its unit.</param>
/// <param name="Epochs">Right end of the x axis.</param>
/// <param name="Suffix">What follows the numbers of the y axis.</param>
/// <param name="Series">The curves, the most important last, so that it lies on top.</param>
internal sealed record Chart(string Title, int Epochs, string Suffix, IReadOnlyList<Series> Series);
