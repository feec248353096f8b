namespace Inception.Evaluation;

/// <summary>How far an evaluation is.</summary>
/// <param name="Done">Images handed to the device.</param>
/// <param name="Images">Images of the data set.</param>
public readonly record struct EvaluationProgress(long Done, long Images);
