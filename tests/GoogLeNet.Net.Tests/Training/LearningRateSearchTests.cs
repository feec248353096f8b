using FluentAssertions;
using Inception.Tests.Torch;
using Inception.Training;
using Xunit;
using static TorchSharp.torch;

namespace Inception.Tests.Training;

[Collection(TorchCollection.Name)]
public sealed class LearningRateSearchTests
{
    private static readonly TrainerOptions Options = new() { BatchSize = 12 };

    [Fact]
    public void Rates_rise_evenly_along_their_logarithm()
    {
        using var data = Tiny.Separable(60, seed: 1);
        using var model = new LinearModel(192, 3, Tiny.ThreeHeads, inputSize: 8);

        var rates = new MultiHeadTrainer(model, Options).FindLearningRate(data, 1e-6, 1e-2, 9).Points.Select(point => point.LearningRate).ToList();

        rates.Should().HaveCount(9);
        rates.Select((rate, i) => Math.Log10(rate) + 6 - (i / 2.0)).Should().OnlyContain(error => Math.Abs(error) < 1e-9);
    }

    [Fact]
    public void The_search_ends_where_the_loss_runs_away_and_suggests_a_rate_at_which_it_falls()
    {
        using var data = Tiny.Separable(60, seed: 1);
        using var model = GoogLeNet.Create(3, Tiny.Spec(dropout: 0), seed: 1);

        var search = new MultiHeadTrainer(model, Options).FindLearningRate(data, 1e-6, 1e8, 120);

        search.Points.Should().HaveCountLessThan(120).And.OnlyContain(point => double.IsFinite(point.Loss));
        search.Steepest.Should().BeInRange(1e-4, 10);
    }

    [Fact]
    public void The_model_is_afterwards_as_it_was_before_and_nothing_is_left_behind()
    {
        using var data = Tiny.Separable(60, seed: 1);
        using var model = GoogLeNet.Create(3, Tiny.Spec(), seed: 1);
        var before = State(model);
        LiveTensors.Settle();
        var live = Tensor.TotalCount;

        new MultiHeadTrainer(model, Options).FindLearningRate(data, steps: 5);

        (Tensor.TotalCount - live).Should().Be(0);
        State(model).Should().Equal(before);
    }

    [Fact]
    public void The_suggestion_is_where_the_loss_falls_most_steeply()
    {
        // 1 → 10: the largest fall over two steps is around the fourth point.
        double[] losses = [3, 2.9, 2.6, 1.9, 1.4, 1.2, 4];
        var search = new LearningRateSearch([.. losses.Select((loss, i) => new LearningRateLoss(i + 1, loss))]);

        search.Steepest.Should().Be(4, "1.4 − 2.6 is the steepest of the slopes");
    }

    [Fact]
    public void The_loss_is_the_weighted_sum_that_a_run_minimizes()
    {
        using var data = Tiny.Noise(12, size: 2);
        using var model = new LinearModel(12, 3, Tiny.ThreeHeads);
        var (x, labels) = Tiny.Rows(data);
        var losses = Enumerable.Range(0, 3).Select(i => LinearModel.Measure(x, labels, model.Weight(i), model.Bias(i)).Loss).ToList();
        var weights = new Dictionary<string, ILearningRateSchedule> { ["main"] = new ConstantRate(0.5), ["aux1"] = new TutorialStepDecay(4, 0.5, 1) };

        var search = new MultiHeadTrainer(model, Options with { HeadWeights = weights }).FindLearningRate(data, steps: 2);

        search.Points[0].Loss.Should().BeApproximately((0.5 * losses[0]) + (2 * losses[1]) + (0.3 * losses[2]), 1e-5);
    }

    [Theory]
    [InlineData(0, 1, 10, "minRate is 0; it must be a finite number more than 0.*")]
    [InlineData(1, 1, 10, "maxRate is 1; it must be a finite number more than minRate, which is 1.*")]
    [InlineData(1, double.NaN, 10, "maxRate is NaN; it must be a finite number more than minRate, which is 1.*")]
    [InlineData(1, 2, 1, "steps is 1; it must be at least 2.*")]
    public void Impossible_ranges_are_refused(double from, double to, int steps, string message)
    {
        using var data = Tiny.Noise(12, size: 2);
        using var model = new LinearModel(12, 3, Tiny.ThreeHeads);

        new MultiHeadTrainer(model, Options).Invoking(t => t.FindLearningRate(data, from, to, steps))
            .Should().Throw<ArgumentOutOfRangeException>().WithMessage(message);
    }

    // Every parameter and buffer, one after another.
    private static float[] State(nn.Module model)
    {
        using var scope = NewDisposeScope();
        return [.. model.state_dict().Values.SelectMany(value => value.to(ScalarType.Float32).Floats())];
    }
}
