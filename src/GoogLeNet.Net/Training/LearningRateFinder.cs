using Inception.Data;

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

public sealed partial class MultiHeadTrainer
{
    /// <summary>
    /// Trains for a few steps with a rate that rises from step to step, to see where the loss falls fastest and where it runs away (the range
    /// test of Smith 2017, smoothed and cut off as fastai does). The model is afterwards as it was before.
    /// </summary>
    /// <param name="train">Images to learn from; the options' batches and transforms are used, their schedule is not.</param>
    /// <param name="from">The first rate, more than 0.</param>
    /// <param name="to">The last rate, more than <paramref name="from"/>.</param>
    /// <param name="steps">Steps from one to the other, at least 2.</param>
    /// <param name="cancellationToken">Ends the search between two steps.</param>
    /// <exception cref="ArgumentException">A value is out of its range, or the data set does not fit the model.</exception>
    /// <exception cref="OperationCanceledException">The search was cancelled.</exception>
    public LearningRateSearch FindLearningRate(
        IImageDataset train, double from = 1e-5, double to = 10, int steps = 100, CancellationToken cancellationToken = default)
    {
        Check.Positive(from);
        Check.AtLeast(2, steps);
        if (!(to > from) || !double.IsFinite(to))
        {
            throw new ArgumentOutOfRangeException(nameof(to), to, FormattableString.Invariant($"to is {to}; it must be a finite number more than from, which is {from}."));
        }

        TrainingGuards.CheckDataset(train, model.NumClasses);
        var (loader, stepsPerEpoch) = TrainLoader(train);
        using var parameters = new FlatParameters(model, options.Optimizer.Groups, options.Precision);
        using var before = new WeightsSnapshot(parameters);
        FitModelTo(train);
        using var optimizer = options.Optimizer.Create(parameters);
        using var metrics = new MetricAccumulator(model.Heads, parameters.Values.device);
        using var step = new TrainingStep(network, model.Heads, options, parameters, loader, train.Count);
        var points = new List<LearningRateLoss>();
        var smooth = new SmoothedLoss();
        model.train();
        try
        {
            for (var i = 0; i < steps && !smooth.HasRunAway; i++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var rate = from * Math.Pow(to / from, i / (steps - 1.0));
                metrics.Reset();
                step.Backward(new(i / stepsPerEpoch, i % stepsPerEpoch, stepsPerEpoch, int.MaxValue), metrics);
                options.Clipping?.Apply(parameters);
                optimizer.Step(rate);
#pragma warning disable RS0030 // A search must see the loss of a step before it takes the next.
                if (smooth.Add(metrics.Read().Zip(model.Heads, (head, own) => head.Loss * own.Weight).Sum()) is { } loss)
#pragma warning restore RS0030
                {
                    points.Add(new(rate, loss));
                }
            }

            return new LearningRateSearch(points);
        }
        finally
        {
            before.Restore();
            model.eval();
        }
    }

    // An exponential mean whose bias towards its start of 0 is taken out.
    private struct SmoothedLoss
    {
        private const double Keep = 0.9;
        private const double RunAway = 4;
        private double mean;
        private double lowest;
        private int count;

        public bool HasRunAway { get; private set; }

        /// <summary>The smoothed loss, or null where it is no finite number.</summary>
        public double? Add(double loss)
        {
            mean = (Keep * mean) + ((1 - Keep) * loss);
            var value = mean / (1 - Math.Pow(Keep, ++count));
            lowest = count == 1 ? value : Math.Min(lowest, value);
            HasRunAway = !double.IsFinite(value) || value > RunAway * lowest;
            return double.IsFinite(value) ? value : null;
        }
    }
}
