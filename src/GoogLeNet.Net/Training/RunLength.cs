namespace Inception.Training;

/// <summary>Whether a run may go on to another number of epochs than it was begun with: only if every step so far would have been the same.</summary>
internal sealed class RunLength(TrainerOptions options, int stepsPerEpoch)
{
    /// <summary>Null where the run may go on, else the reason, as the end of a sentence that starts with the checkpoint's name.</summary>
    /// <param name="before">Epochs that the run was begun with.</param>
    /// <param name="reached">How far it came.</param>
    /// <param name="history">Its epochs.</param>
    public string? WhyNot(int before, CheckpointPosition reached, IReadOnlyList<EpochRecord> history)
    {
        if (reached.Epoch > options.Epochs || (reached.Epoch == options.Epochs && reached.Step > 0))
        {
            return $"was written in epoch {reached.Epoch + 1}; a run of {options.Epochs} epochs does not come that far";
        }

        for (var epoch = 0; epoch <= reached.Epoch; epoch++)
        {
            for (var step = 0; step < (epoch < reached.Epoch ? stepsPerEpoch : reached.Step); step++)
            {
                var position = new TrainingPosition(epoch, step, stepsPerEpoch, before);
                if (Difference(position, position with { Epochs = options.Epochs }, history) is { } difference)
                {
                    return $"was written in a run of {before} epochs. In one of {options.Epochs} {difference} in epoch {epoch + 1}, step {step + 1}: what has been trained is not the beginning of "
                        + "the longer run. Use a schedule that does not depend on the number of epochs, or begin a new run from the file's weights";
                }
            }
        }

        return null;
    }

    private string? Difference(TrainingPosition was, TrainingPosition now, IReadOnlyList<EpochRecord> history)
    {
        var (rateWas, rateNow) = (options.Schedule.RateAt(was, history), options.Schedule.RateAt(now, history));
        return rateWas != rateNow ? FormattableString.Invariant($"the learning rate would have been {rateNow:G6} instead of {rateWas:G6}")
            : options.HeadWeights?.Any(weight => weight.Value.At(was) != weight.Value.At(now)) == true ? "a head's weight would have been another"
            : options.Averaging?.Includes(was.Fraction) != options.Averaging?.Includes(now.Fraction) ? "the average of the weights would have begun at another time"
            : options.Resizing?.SizeAt(was.Fraction) != options.Resizing?.SizeAt(now.Fraction) ? "the images would have been of another size"
            : null;
    }
}
