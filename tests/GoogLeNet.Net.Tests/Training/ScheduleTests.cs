using FluentAssertions;
using Inception.Training.Schedules;
using Xunit;

namespace Inception.Tests.Training;

public sealed class ScheduleTests
{
    public static TheoryData<ILearningRateSchedule> All => new()
    {
        new StepDecay(0.01, 0.96, 8), new StepDecay(0.1, 0.1, 1), new Triangular(0.2), new Triangular(1, PeakAt: 0, Start: 0, End: 0.5),
        new Triangular(1, PeakAt: 1, Start: 0.1), new Triangular(3, 0.5, 0, 0), new Triangular(1, 1e-9, 1, 1),
    };

    [Theory]
    [MemberData(nameof(All))]
    public void Every_schedule_is_finite_not_negative_and_a_pure_function_of_the_position(ILearningRateSchedule schedule)
    {
        foreach (var (steps, epochs) in new[] { (1, 1), (3, 7), (196, 25) })
        {
            var rates = Run(schedule, steps, epochs);
            rates.Should().OnlyContain(rate => double.IsFinite(rate) && rate >= 0);
            schedule.At(new(epochs - 1, steps - 1, steps, epochs)).Should().Be(rates[^1], "what was asked before does not matter");
        }
    }

    [Fact]
    public void Step_decay_follows_the_tutorials_formula_for_its_25_epochs()
    {
        // 0.01 · 0.96^k by hand: k = 0 for epochs 0–6, 1 for 7–14, 2 for 15–22, 3 for 23 and 24.
        double[] expected =
        [
            .. Enumerable.Repeat(0.01, 7), .. Enumerable.Repeat(0.0096, 8), .. Enumerable.Repeat(0.009216, 8), .. Enumerable.Repeat(0.00884736, 2),
        ];
        var schedule = new StepDecay(0.01, 0.96, EveryEpochs: 8);

        for (var epoch = 0; epoch < 25; epoch++)
        {
            schedule.At(new(epoch, 0, 196, 25)).Should().BeApproximately(expected[epoch], 1e-15, $"epoch {epoch}");
            schedule.At(new(epoch, 195, 196, 25)).Should().BeApproximately(expected[epoch], 1e-15, "the rate is constant in an epoch");
        }
    }

    [Theory]
    [InlineData(0, 0.1, "the start, a fifth of the peak")]
    [InlineData(1, 0.3, "half way up")]
    [InlineData(2, 0.5, "the peak, a fifth of the run")]
    [InlineData(6, 0.3, "half way down to a fifth")]
    [InlineData(10, 0.1, "the end, which no step reaches")]
    public void A_triangle_has_straight_sides(int step, double rate, string reason) =>
        new Triangular(0.5, PeakAt: 0.2, Start: 0.2, End: 0.2).At(new(0, step, 10, 1)).Should().BeApproximately(rate, 1e-12, reason);

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
    public void The_fraction_counts_steps_over_the_whole_run()
    {
        new TrainingPosition(0, 0, 4, 5).Fraction.Should().Be(0);
        new TrainingPosition(2, 1, 4, 5).Fraction.Should().BeApproximately(9 / 20.0, 1e-15);
        new TrainingPosition(4, 3, 4, 5).Fraction.Should().BeApproximately(19 / 20.0, 1e-15);
    }

    private static List<double> Run(ILearningRateSchedule schedule, int steps, int epochs) =>
        [.. from epoch in Enumerable.Range(0, epochs) from step in Enumerable.Range(0, steps) select schedule.At(new(epoch, step, steps, epochs))];
}
