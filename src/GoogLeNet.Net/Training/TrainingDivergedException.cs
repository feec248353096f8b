namespace Inception.Training;

/// <summary>A head's loss or a weight stopped being a finite number: the weights are of no use any more.</summary>
/// <param name="head">The head whose loss it is; null where a weight was found first.</param>
/// <param name="epoch">Epoch, counted from 1.</param>
/// <param name="step">The step in the epoch, counted from 1, whose loss it is; for a weight, the steps taken when it was noticed.</param>
/// <param name="learningRate">The rate at that step.</param>
public sealed class TrainingDivergedException(string? head, int epoch, int step, double learningRate)
    : Exception(FormattableString.Invariant(
        $"{(head is null ? "A weight" : $"The loss of head '{head}'")} is not a finite number in epoch {epoch}, step {step}, at learning rate {learningRate:G6}; try a lower rate."))
{
    /// <summary>The head whose loss it is; null where a weight was found first.</summary>
    public string? Head { get; } = head;

    /// <summary>Epoch, counted from 1.</summary>
    public int Epoch { get; } = epoch;

    /// <summary>The step in the epoch, counted from 1, whose loss it is; for a weight, the steps taken when it was noticed.</summary>
    public int Step { get; } = step;

    /// <summary>The rate at that step.</summary>
    public double LearningRate { get; } = learningRate;
}
