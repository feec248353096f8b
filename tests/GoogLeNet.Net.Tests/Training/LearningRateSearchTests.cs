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
        var search = new LearningRateSearch([.. losses.Select((loss, i) => ((double)(i + 1), loss))]);

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

    [Fact]
    public void Losses_are_smoothed_as_by_an_exponential_mean_that_keeps_nine_tenths()
    {
        double[] factors = [1, 3, 2, 0.5, 4];

        var losses = LossesOf(factors);

        // Of 1 − 0.9ⁿ of the weights, as Adam corrects its means.
        var (mean, keep) = (0.0, 1.0);
        losses.Should().HaveCount(5);
        for (var n = 0; n < 5; n++)
        {
            (mean, keep) = ((0.9 * mean) + (0.1 * factors[n]), 0.9 * keep);
            (losses[n] / losses[0]).Should().BeApproximately(mean / (1 - keep), 1e-6, $"step {n + 1}");
        }
    }

    [Theory]
    [InlineData(6.6, 5, "(0.09 · 1 + 0.1 · 6.6) / 0.19 = 3.95")]
    [InlineData(6.8, 2, "(0.09 · 1 + 0.1 · 6.8) / 0.19 = 4.05")]
    public void The_search_ends_with_the_first_smoothed_loss_that_is_more_than_four_times_the_lowest(double second, int points, string reason) =>
        LossesOf([1, second, 1, 1, 1]).Should().HaveCount(points, reason);

    [Fact]
    public void A_canceled_search_ends_between_two_steps_and_leaves_the_model_as_it_was()
    {
        using var data = Tiny.Noise(12, size: 2);
        using var model = new LinearModel(12, 3, Tiny.ThreeHeads);
        using var source = new CancellationTokenSource();
        var (before, drawn) = (State(model), 0);
        var watched = new WatchedDataset(data, batch =>
        {
            drawn = batch;
            if (batch == 3)
            {
                source.Cancel();
            }
        });

        new MultiHeadTrainer(model, Options with { BatchSize = 4 }).Invoking(t => t.FindLearningRate(watched, steps: 60, cancellationToken: source.Token))
            .Should().Throw<OperationCanceledException>();

        drawn.Should().BeInRange(3, 9, "some batches are drawn ahead");
        State(model).Should().Equal(before);
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

    // Losses at rates that change no float32 weight, so that a step's loss is the first one's times its factor.
    private static double[] LossesOf(double[] factors)
    {
        using var data = Tiny.Noise(12, size: 2);
        using var model = new LinearModel(12, 3, [new("main", 1)]);
        var options = Options with { Epochs = factors.Length, HeadWeights = new Dictionary<string, ILearningRateSchedule> { ["main"] = new ByEpoch(factors) } };
        return [.. new MultiHeadTrainer(model, options).FindLearningRate(data, 1e-30, 1e-29, factors.Length).Points.Select(point => point.Loss)];
    }

    // Every parameter and buffer, one after another.
    private static float[] State(nn.Module model)
    {
        using var scope = NewDisposeScope();
        return [.. model.state_dict().Values.SelectMany(value => value.to(ScalarType.Float32).Floats())];
    }

    private sealed record ByEpoch(double[] Values) : ILearningRateSchedule
    {
        public double At(TrainingPosition position) => Values[position.Epoch];
    }
}
