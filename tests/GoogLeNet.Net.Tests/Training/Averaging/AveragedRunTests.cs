using FluentAssertions;
using Inception.Data;
using Inception.Training;
using Xunit;

namespace Inception.Tests.Training.Averaging;

/// <summary>The average that a run keeps, against gradient descent of a linear model by hand.</summary>
[Collection(TorchCollection.Name)]
public sealed class AveragedRunTests
{
    private const double Rate = 2;

    [Theory]
    [InlineData(Precision.Float32, 1e-5)]
    [InlineData(Precision.BFloat16, 0.02)]
    public void Averaged_metrics_are_those_of_the_mean_of_the_weights_after_each_step(Precision precision, double tolerance)
    {
        using var data = Tiny.Noise(7, size: 2);
        using var model = new LinearModel(12, 3, [new Head("main", 1)]);
        var (x, labels) = Tiny.Rows(data);
        var steps = Descent(x, labels, model.Weight(0), model.Bias(0)).Take(3).ToList();
        var options = new TrainerOptions
        {
            Epochs = 3,
            BatchSize = 7,
            Schedule = new ConstantRate(Rate),
            Optimizer = new SgdOptions { Momentum = 0 },
            TrainTransforms = [new ScaleToUnit()],
            Averaging = new PolyakAverage(),
            Precision = precision,
        };

        var epochs = new MultiHeadTrainer(model, options).Fit(data, data).Epochs;

        epochs.Should().HaveCount(3);
        for (var n = 1; n <= 3; n++)
        {
            var (own, mean) = (steps[n - 1], Mean(steps.Take(n)));
            epochs[n - 1].Validation[0].Loss.Should().BeApproximately(LinearModel.Measure(x, labels, own.Weight, own.Bias).Loss, tolerance, $"own, epoch {n}");
            epochs[n - 1].Averaged![0].Loss.Should().BeApproximately(LinearModel.Measure(x, labels, mean.Weight, mean.Bias).Loss, tolerance, $"averaged, epoch {n}");
        }

        Math.Abs(epochs[2].Validation[0].Loss - epochs[2].Averaged![0].Loss).Should().BeGreaterThan(2 * tolerance, "the average is not the weights");
    }

    // The weights after each step on all images.
    private static IEnumerable<(float[] Weight, float[] Bias)> Descent(double[][] x, long[] labels, float[] weight, float[] bias)
    {
        while (true)
        {
            var (slope, biasSlope) = (LinearModel.WeightGradient(x, labels, weight, bias), LinearModel.BiasGradient(x, labels, weight, bias));
            (weight, bias) = ([.. weight.Zip(slope, (w, g) => (float)(w - (Rate * g)))], [.. bias.Zip(biasSlope, (b, g) => (float)(b - (Rate * g)))]);
            yield return (weight, bias);
        }
    }

    private static (float[] Weight, float[] Bias) Mean(IEnumerable<(float[] Weight, float[] Bias)> steps)
    {
        var all = steps.ToList();
        float[] Of(Func<(float[] Weight, float[] Bias), float[]> part) => [.. part(all[0]).Select((_, i) => all.Average(step => part(step)[i]))];
        return (Of(step => step.Weight), Of(step => step.Bias));
    }
}
