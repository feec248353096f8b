using Inception.Data;

namespace Inception.Training;

/// <summary>The result of a learning-rate search.</summary>
public sealed class LearningRateSearch
{
    internal LearningRateSearch(IReadOnlyList<(double LearningRate, double Loss)> points) => Points = points;

    /// <summary>
    /// The steps, with rising rates, up to where the loss has run away; at least one. Of each its rate, and the weighted loss of all heads just before it, smoothed over the steps before.
    /// </summary>
    public IReadOnlyList<(double LearningRate, double Loss)> Points { get; }

    /// <summary>
    /// The rate at which the loss fell most steeply over the logarithm of the rate: fastai's suggestion for the highest rate of a schedule.
    /// With fewer than three steps, the first rate.
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

/// <summary>Trains with a rising learning rate to see where the loss falls fastest: <see cref="MultiHeadTrainer.FindLearningRate"/>.</summary>
internal sealed class LearningRateFinder(MultiHeadModel model, PrecisionCast network, TrainingLoaders loaders, TrainerOptions options, RunRanks ranks)
{
    private readonly HeadObjective objective = new(model.Heads, options);

    public LearningRateSearch Find(IImageDataset train, double minRate, double maxRate, int steps, CancellationToken cancellationToken)
    {
        Check.Positive(minRate);
        Check.AtLeast(2, steps);
        if (!(maxRate > minRate) || !double.IsFinite(maxRate))
        {
            throw new ArgumentOutOfRangeException(nameof(maxRate), maxRate, FormattableString.Invariant($"maxRate is {maxRate}; it must be a finite number more than minRate, which is {minRate}."));
        }

        ImageDatasets.Check(train, model.NumClasses);
        var (loader, stepsPerEpoch) = loaders.ForTraining(train, epochs: int.MaxValue);
        using var parameters = new FlatParameters(model, options.Optimizer.Groups, options.Precision);
        using var before = new WeightsSnapshot(parameters);
        loaders.InitializeModel(train);
        ranks.Broadcast(parameters.State().Values);
        parameters.Refresh();
        using var optimizer = options.Optimizer.Create(parameters);
        using var metrics = new MetricAccumulator(model.Heads, parameters.Values.device);
        using var step = new TrainingStep(model, network, options, ranks, parameters, loader, train.Count);
        var points = new List<(double LearningRate, double Loss)>();
        var smooth = new SmoothedLoss();
        model.train();
        try
        {
            for (var i = 0; i < steps && !smooth.HasRunAway; i++)
            {
                ranks.ThrowIfCanceled(cancellationToken);
                var rate = minRate * Math.Pow(maxRate / minRate, i / (steps - 1.0));
                var position = new TrainingPosition(i / stepsPerEpoch, i % stepsPerEpoch, stepsPerEpoch, int.MaxValue);
                metrics.Reset();
                step.Backward(position, metrics);
                options.Clipping?.Apply(parameters);
                optimizer.Step(rate);
                if (smooth.Add(WeightedLoss(metrics, position)) is { } loss)
                {
                    points.Add((rate, loss));
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

    // The sum that the step minimized.
    private double WeightedLoss(MetricAccumulator metrics, TrainingPosition position)
    {
#pragma warning disable RS0030 // A search must see the loss of a step before it takes the next.
        return metrics.Read().Select((head, i) => head.Loss * objective.Weight(i, position)).Sum();
#pragma warning restore RS0030
    }

    // An exponential mean, corrected for its start at 0 as Adam's.
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
