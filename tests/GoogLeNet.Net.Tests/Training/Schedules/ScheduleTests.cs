using FluentAssertions;
using Inception.Training;
using Xunit;

namespace Inception.Tests.Training.Schedules;

/// <summary>Rates worked out by hand.</summary>
public sealed class ScheduleTests
{
    [Fact]
    public void Step_decay_follows_the_tutorials_formula_for_its_25_epochs()
    {
        // 0.01 · 0.96^k: 0.0096, 0.009216, 0.00884736.
        double[] expected =
        [
            0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01,
            0.0096, 0.0096, 0.0096, 0.0096, 0.0096, 0.0096, 0.0096, 0.0096,
            0.009216, 0.009216, 0.009216, 0.009216, 0.009216, 0.009216, 0.009216, 0.009216,
            0.00884736, 0.00884736,
        ];
        var schedule = new TutorialStepDecay(0.01, 0.96, everyEpochs: 8);

        for (var epoch = 0; epoch < 25; epoch++)
        {
            schedule.At(new(epoch, 0, 196, 25)).Should().BeApproximately(expected[epoch], 1e-15, $"epoch {epoch}");
            schedule.At(new(epoch, 195, 196, 25)).Should().BeApproximately(expected[epoch], 1e-15, "the rate is constant in an epoch");
        }
    }

    [Fact]
    public void Step_decay_is_pytorchs_step_lr()
    {
        // torch.optim.lr_scheduler.StepLR(optimizer, step_size=3, gamma=0.1) from 0.1, and with step_size=1.
        double[] third = [0.1, 0.1, 0.1, 0.01, 0.01, 0.01, 0.001, 0.001], each = [0.1, 0.01, 0.001, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8];
        for (var epoch = 0; epoch < third.Length; epoch++)
        {
            new StepDecay(0.1, 0.1, everyEpochs: 3).At(new(epoch, 7, 10, 8)).Should().BeApproximately(third[epoch], 1e-15);
            new StepDecay(0.1, 0.1, everyEpochs: 1).At(new(epoch, 0, 10, 8)).Should().BeApproximately(each[epoch], 1e-15);
        }
    }

    [Theory]
    [InlineData(0, 0.1, "the start, a fifth of the peak")]
    [InlineData(1, 0.3, "half way up")]
    [InlineData(2, 0.5, "the peak, a fifth of the run")]
    [InlineData(6, 0.3, "half way down to a fifth")]
    [InlineData(10, 0.1, "the end, which no step reaches")]
    public void A_triangle_has_straight_sides(int step, double rate, string reason) =>
        new Triangular(0.5, peakAt: 0.2, start: 0.2, end: 0.2).At(new(0, step, 10, 1)).Should().BeApproximately(rate, 1e-12, reason);

    [Fact]
    public void A_triangle_rises_to_its_peak_and_falls()
    {
        var rates = Run(new Triangular(0.5, 0.3, 0.1, 0.05), steps: 10, epochs: 10);

        rates[..31].Should().BeInAscendingOrder().And.OnlyHaveUniqueItems();
        rates[30..].Should().BeInDescendingOrder().And.OnlyHaveUniqueItems();
        rates[30].Should().BeApproximately(0.5, 1e-12);
        rates.Should().OnlyContain(rate => rate >= 0.025 && rate <= 0.5 + 1e-12);
    }

    [Fact]
    public void A_constant_rate_stays() => Run(new ConstantRate(0.25), steps: 3, epochs: 2).Should().Equal(0.25, 0.25, 0.25, 0.25, 0.25, 0.25);

    [Theory]
    [InlineData(0, 0.01, "the start")]
    [InlineData(19, 0.009, "81 % left, whose root is 0.9")]
    [InlineData(75, 0.005, "a quarter left, whose root is a half")]
    [InlineData(99, 0.001, "a hundredth left")]
    [InlineData(100, 0, "the end")]
    public void The_quick_solvers_rate_is_a_root_of_what_is_left(int step, double rate, string reason) =>
        new PolynomialDecay(0.01).At(new(0, step, 100, 1)).Should().BeApproximately(rate, 1e-15, reason);

    [Fact]
    public void Exponential_decay_halves_from_epoch_to_epoch() =>
        Run(new ExponentialDecay(0.8, 0.5), steps: 2, epochs: 4).Should().Equal(0.8, 0.8, 0.4, 0.4, 0.2, 0.2, 0.1, 0.1);

    [Theory]
    [InlineData(0, 0.9, "the start")]
    [InlineData(4, 0.7, "a third of the way: cos 60° is a half")]
    [InlineData(6, 0.5, "half way")]
    [InlineData(8, 0.3, "two thirds of the way")]
    [InlineData(12, 0.1, "the end, which no step reaches")]
    public void A_cosine_falls_from_the_first_rate_to_the_last(int step, double rate, string reason) =>
        new CosineDecay(0.9, 0.1).At(new(step / 4, step % 4, 4, 3)).Should().BeApproximately(rate, 1e-12, reason);

    [Fact]
    public void Cosines_restart_after_cycles_that_double()
    {
        var rates = Run(new CosineRestarts(0.5, firstCycleEpochs: 1, cycleFactor: 2), steps: 4, epochs: 7);

        rates.Select((rate, i) => (rate, i)).Where(pair => pair.rate == 0.5).Select(pair => pair.i).Should().Equal([0, 4, 12], "cycles have 1, 2 and 4 epochs");
        rates[2].Should().BeApproximately(0.25, 1e-15, "half way of the first");
        rates[8].Should().BeApproximately(0.25, 1e-15, "half way of the second");
        rates[20].Should().BeApproximately(0.25, 1e-15, "half way of the third");
    }

    [Fact]
    public void Straight_lines_lead_from_point_to_point() =>
        Run(new PiecewiseLinear(new RatePoint(1, 0.2), new RatePoint(2, 1), new RatePoint(4, 0)), steps: 2, epochs: 5).Select(rate => Math.Round(rate, 12))
            .Should().Equal(0.2, 0.2, 0.2, 0.6, 1, 0.75, 0.5, 0.25, 0, 0);

    [Fact]
    public void A_warm_up_multiplies_by_a_factor_that_rises_to_1() =>
        Run(new Warmup(new ExponentialDecay(1, 0.5), epochs: 1.5, startFactor: 0.25), steps: 4, epochs: 2).Select(rate => Math.Round(rate, 12))
            .Should().Equal(0.25, 0.375, 0.5, 0.625, 0.375, 0.4375, 0.5, 0.5);

    [Fact]
    public void The_parts_of_a_sequence_have_clocks_of_their_own()
    {
        var sequence = new Sequence(new(new PolynomialDecay(1, 1), 2), new(new ExponentialDecay(0.5, 0.5), 2), new(new PolynomialDecay(8, 1), 1));

        Run(sequence, steps: 2, epochs: 7).Should().Equal([1, 0.75, 0.5, 0.25, 0.5, 0.5, 0.25, 0.25, 8, 4, 4, 4, 4, 4], "the last part's last rate stays");
        Run(sequence, steps: 2, epochs: 3).Should().Equal([1, 0.75, 0.5, 0.25, 0.5, 0.5], "a shorter run ends in the second part");
    }

    [Fact]
    public void A_part_of_a_sequence_sees_the_history_of_its_own_epochs_only()
    {
        // The first four epochs would have used up the patience, and their loss of 1 would be the best.
        var history = Histories.OfLosses([4, 3, 2, 1, 4, 4, 4, 4]);
        var sequence = new Sequence(new(new ConstantRate(1), 4), new(new ReduceOnPlateau(0.5, 0.5, patience: 1), 9));

        Enumerable.Range(0, 9).Select(epoch => sequence.At(new(epoch, 0, 1, 9), history)).Should().Equal(1, 1, 1, 1, 0.5, 0.5, 0.5, 0.25, 0.25);
    }

    [Fact]
    public void A_plateau_may_be_measured_by_a_difference_or_by_a_share()
    {
        // Falls by 0.5 of 10, which is 5 %, from epoch to epoch.
        var history = Histories.OfLosses([10, 9.5, 9]);

        Rate(threshold: 0.08, relative: false).Should().Be(1, "0.5 is more than 0.08");
        Rate(threshold: 0.6, relative: false).Should().Be(0.5, "9.5 is less than 0.6 below the best, 9 is more");
        Rate(threshold: 0.08, relative: true).Should().Be(0.5, "9.5 is less than 8 % below the best, 9 is more");
        Rate(threshold: 0.04, relative: true).Should().Be(1, "5 % is more than 4 %");

        double Rate(double threshold, bool relative) =>
            new ReduceOnPlateau(1, 0.5, patience: 0, threshold: threshold, relative: relative).At(new(3, 0, 1, 9), history);
    }

    [Fact]
    public void A_warm_up_hands_the_history_on()
    {
        var warmup = new Warmup(new ReduceOnPlateau(1, 0.5, patience: 0), epochs: 2, startFactor: 0.5);

        Enumerable.Range(0, 4).Select(epoch => warmup.At(new(epoch, 0, 1, 4), Histories.OfLosses([1, 1, 1, 1]))).Should().Equal(0.5, 0.75, 0.5, 0.25);
        warmup.At(new(3, 0, 1, 4)).Should().Be(1, "without a history nothing is known to stand still");
    }

    [Fact]
    public void A_delegate_is_asked_for_each_position() =>
        Run(new DelegateSchedule(position => position.Epoch + (position.Step / 10.0), "decimals"), steps: 2, epochs: 2).Should().Equal(0, 0.1, 1, 1.1);

    [Fact]
    public void The_fraction_counts_steps_over_the_whole_run()
    {
        new TrainingPosition(0, 0, 4, 5).Fraction.Should().Be(0);
        new TrainingPosition(2, 1, 4, 5).Fraction.Should().BeApproximately(9 / 20.0, 1e-15);
        new TrainingPosition(4, 3, 4, 5).Fraction.Should().BeApproximately(19 / 20.0, 1e-15);
    }

    private static List<double> Run(ILearningRateSchedule schedule, int steps, int epochs) =>
        [.. from epoch in Enumerable.Range(0, epochs) from step in Enumerable.Range(0, steps) select schedule.At(new(epoch, step, steps, epochs))];
}
