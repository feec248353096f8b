namespace Inception.Training;

/// <summary>A step of a learning-rate search.</summary>
/// <param name="LearningRate">The step's rate.</param>
/// <param name="Loss">The weighted loss of all heads just before the step, smoothed over the steps before it.</param>
public readonly record struct LearningRateLoss(double LearningRate, double Loss);

/// <summary>What a learning-rate search saw.</summary>
/// <param name="Points">Its steps, rates rising; it ends where the loss has run away. At least one.</param>
public sealed record LearningRateSearch(IReadOnlyList<LearningRateLoss> Points)
{
    /// <summary>
    /// The rate at which the loss fell most steeply along the logarithm of the rate: fastai's suggestion for the highest rate of a schedule.
    /// The first rate where there are fewer than three steps.
    /// </summary>
    public double Steepest
    {
        get
        {
            var best = 0;
            for (var i = 1; i < Points.Count - 1; i++)
            {
                best = best == 0 || SlopeAt(i) < SlopeAt(best) ? i : best;
            }

            return Points[best].LearningRate;
        }
    }

    // Rates are evenly spaced along their logarithm, so a difference of losses is a slope.
    private double SlopeAt(int i) => Points[i + 1].Loss - Points[i - 1].Loss;
}
