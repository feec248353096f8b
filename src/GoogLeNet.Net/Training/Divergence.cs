namespace Inception.Training;

/// <summary>Looks for losses and weights of a run that are not finite numbers; each look waits for the device.</summary>
internal sealed class DivergenceCheck(TrainingState state)
{
    /// <summary>The training losses of the epoch so far.</summary>
    /// <exception cref="TrainingDivergedException">One is not finite.</exception>
    public void CheckLosses()
    {
#pragma warning disable RS0030 // When a report is due, at the end of an epoch, and before the run is saved.
        if (state.Metrics.FirstBroken() is var (head, step))
#pragma warning restore RS0030
        {
            throw Diverged(head, step);
        }
    }

    /// <summary>The training losses of the epoch so far, and the weights and buffers: losses say nothing of the last step.</summary>
    /// <exception cref="TrainingDivergedException">A loss or a weight is not finite.</exception>
    /// <exception cref="InvalidOperationException">A buffer alone is not finite.</exception>
    public void CheckLossesAndWeights()
    {
        CheckLosses();
        using var finite = state.Parameters.Values.isfinite();
        using var all = finite.all();
#pragma warning disable RS0030 // At the end of an epoch, and before the run is saved.
        if (!all.item<bool>())
#pragma warning restore RS0030
        {
            throw Diverged(head: null, state.Step);
        }

        if (state.Parameters.BrokenBuffer() is { } buffer)
        {
            throw new InvalidOperationException(
                $"'{buffer}' is not finite after epoch {state.Epoch + 1}, step {state.Step}, while losses and weights are: a batch normalization had a batch of one value for each channel.");
        }
    }

    /// <summary>Losses measured on validation images after the epoch's last step.</summary>
    /// <exception cref="TrainingDivergedException">One is not finite.</exception>
    public void CheckValidation(IReadOnlyList<HeadMetrics> heads)
    {
        if (heads.FirstOrDefault(head => !double.IsFinite(head.Loss)) is { } broken)
        {
            throw Diverged(broken.Head, state.Step);
        }
    }

    // With the rate of that step, which is not always the one at which it is noticed.
    private TrainingDivergedException Diverged(string? head, int step) => new(head, state.Epoch + 1, step, state.RateAt(step - 1));
}

/// <summary>A head's loss or a weight is not finite: the run has diverged.</summary>
public sealed class TrainingDivergedException : Exception
{
    internal TrainingDivergedException(string? head, int epoch, int step, double learningRate)
        : base(FormattableString.Invariant(
            $"{(head is null ? "A weight" : $"The loss of head '{head}'")} is not a finite number in epoch {epoch}, step {step}, at learning rate {learningRate:G6}; try a lower rate."))
    {
        (Head, Epoch, Step, LearningRate) = (head, epoch, step, learningRate);
    }

    /// <summary>The head whose loss it is; null for a weight.</summary>
    public string? Head { get; }

    /// <summary>Epoch, counted from 1.</summary>
    public int Epoch { get; }

    /// <summary>The step in the epoch, counted from 1, whose loss it is; for a weight, the steps taken when it was noticed.</summary>
    public int Step { get; }

    /// <summary>The rate at that step.</summary>
    public double LearningRate { get; }
}
