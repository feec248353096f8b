using Inception.Data;
using Inception.Training.Metrics;

namespace Inception.Training;

/// <summary>What a trainer refuses before the first step, and the loss it refuses to go on with.</summary>
internal static class TrainingGuards
{
    public static void CheckHeads(IReadOnlyList<Head> heads)
    {
        if (heads.Count == 0)
        {
            throw new ArgumentException("The model has no heads; it must have at least one.");
        }

        foreach (var head in heads)
        {
            if (!(head.Weight > 0) || !double.IsFinite(head.Weight))
            {
                throw new ArgumentException(FormattableString.Invariant(
                    $"The weight of head '{head.Name}' is {head.Weight}; it must be a finite number more than 0."));
            }

            if (heads.Count(other => other.Name == head.Name) > 1)
            {
                throw new ArgumentException($"Two heads are named '{head.Name}'; names must be unique.");
            }
        }
    }

    public static void CheckDataset(IImageDataset? dataset, IMultiHeadModel model)
    {
        if (dataset is null)
        {
            return;
        }

        if (dataset.Count < 1)
        {
            throw new ArgumentException("The data set has no images.", nameof(dataset));
        }

        if (dataset.ClassNames.Count != model.NumClasses)
        {
            throw new ArgumentException(
                $"The data set has {dataset.ClassNames.Count} classes and the model {model.NumClasses}; they must agree.", nameof(dataset));
        }
    }

    public static IReadOnlyList<HeadMetrics> CheckFinite(IReadOnlyList<HeadMetrics> metrics, int epoch, int step, double rate)
    {
        var broken = metrics.FirstOrDefault(head => !double.IsFinite(head.Loss));
        return broken is null ? metrics : throw new TrainingDivergedException(broken.Head, epoch + 1, step, rate);
    }

    // The losses of an epoch say nothing of its last step; without validation nothing else would.
    public static void CheckFinite(FlatParameters parameters, int epoch, int step, double rate)
    {
        using var finite = parameters.Values.isfinite();
        using var all = finite.all();
        if (!all.item<bool>())
        {
            throw new TrainingDivergedException(head: null, epoch + 1, step, rate);
        }
    }
}
