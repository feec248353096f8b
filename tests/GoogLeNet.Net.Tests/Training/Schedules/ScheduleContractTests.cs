using System.Text.Json;
using FluentAssertions;
using Inception.Training;
using Xunit;

namespace Inception.Tests.Training.Schedules;

/// <summary>What every schedule is held to, combinators around one another included.</summary>
public sealed class ScheduleContractTests
{
    private static readonly Func<TrainingPosition, double> Inverse = position => 1 / (1 + position.EpochsDone);

    private static readonly IReadOnlyList<EpochRecord> History = Histories.OfLosses([.. Enumerable.Range(0, 40).Select(i => 1 + Math.Sin(i))]);

    public static TheoryData<int> All => new(Enumerable.Range(0, Create().Count));

    [Fact]
    public void Every_type_of_schedule_is_among_those_tested() =>
        Create().Select(schedule => schedule.GetType()).Distinct().Should().BeEquivalentTo(
            typeof(ILearningRateSchedule).Assembly.GetExportedTypes().Where(type => type.IsClass && type.IsAssignableTo(typeof(ILearningRateSchedule))));

    [Theory]
    [MemberData(nameof(All))]
    public void A_rate_is_finite_and_not_negative_at_every_step(int row)
    {
        var schedule = Create()[row];

        Positions().Where(position => !IsRate(Rate(schedule, position)) || !IsRate(schedule.At(position))).Should().BeEmpty($"{schedule} gives rates there");
    }

    [Theory]
    [MemberData(nameof(All))]
    public void A_rate_does_not_depend_on_what_was_asked_before(int row)
    {
        var schedule = Create()[row];
        var rates = Positions().ToDictionary(position => position, position => Rate(schedule, position));

        Positions().Reverse().Where(position => Rate(schedule, position) != rates[position]).Should().BeEmpty($"{schedule} is a pure function");
    }

    [Theory]
    [MemberData(nameof(All))]
    public void A_resumed_run_with_the_history_so_far_gets_the_same_rates(int row)
    {
        var (before, after) = (Create()[row], Create()[row]);
        for (var epoch = 0; epoch <= History.Count; epoch++)
        {
            var position = new TrainingPosition(epoch, 1, 3, History.Count + 1);
            after.RateAt(position, [.. History.Take(epoch)]).Should().Be(before.RateAt(position, History), $"{before} continues in epoch {epoch}");
        }
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Two_with_the_same_parameters_are_equal_and_no_others_are(int row)
    {
        var schedule = Create()[row];
        var others = Create();

        others[row].Should().Be(schedule).And.NotBeSameAs(schedule);
        others[row].GetHashCode().Should().Be(schedule.GetHashCode());
        others.Where((_, i) => i != row).Should().NotContain(schedule);
    }

    [Theory]
    [MemberData(nameof(All))]
    public void A_schedule_is_read_back_from_JSON_as_it_was(int row)
    {
        var schedule = Create()[row];
        if (schedule is DelegateSchedule)
        {
            return;
        }

        var options = new TrainerOptions { Schedule = schedule };
        var json = JsonSerializer.Serialize(options, SpecJson.Options);

        JsonSerializer.Deserialize<TrainerOptions>(json, SpecJson.Options)!.Schedule.Should().Be(schedule, json);
    }

    // Anew at each call, so that two of a row are equal and not the same.
    private static List<ILearningRateSchedule> Create() =>
    [
        new ConstantRate(0.1),
        new ConstantRate(0),
        new StepDecay(0.01, 0.96, 8),
        new TutorialStepDecay(0.01, 0.96, 8),
        new StepDecay(0.1, 0.1, 1),
        new PolynomialDecay(0.01),
        new PolynomialDecay(0.1, 3),
        new ExponentialDecay(0.1, 0.9),
        new ExponentialDecay(0.1, 0),
        new CosineDecay(0.1),
        new CosineDecay(0.1, 0.01),
        new CosineRestarts(0.1, 3),
        new CosineRestarts(0.1, 2, 2, 0.001),
        new CosineRestarts(0.1, 1, int.MaxValue),
        new Triangular(0.2),
        new Triangular(1, peakAt: 0, start: 0, end: 0.5),
        new Triangular(1, peakAt: 1, start: 0.1),
        new Triangular(3, 0.5, 0, 0),
        new Triangular(1, 1e-9, 1, 1),
        new OneCycle(0.4),
        new OneCycle(0.4, peakAt: 0, startDivisor: 2, endDivisor: 3),
        new OneCycle(0.4, peakAt: 1),
        new OneCycle(0.4, peakAt: 1 / 21.0),
        new PiecewiseLinear(new RatePoint(0, 0.1)),
        new PiecewiseLinear(new RatePoint(0, 0), new RatePoint(5, 0.4), new RatePoint(24, 0)),
        new PiecewiseLinear(new RatePoint(0.5, 0.2), new RatePoint(0.75, 0.1)),
        new ReduceOnPlateau(0.1),
        new ReduceOnPlateau(0.1, 0.5, 1, 0.01, relative: false, 2, 0.001, WatchedMetric.Accuracy),
        new ReduceOnPlateau(0.1, 0, 0),
        new DelegateSchedule(Inverse, "one through one plus the epochs"),
        new Warmup(new CosineDecay(0.1), 5, 0),
        new Warmup(new CosineDecay(0.1), 0.5, 0.1),
        new Warmup(new ReduceOnPlateau(0.1, patience: 1), 0, 1),
        new Sequence(new SequencePart(new ConstantRate(0.1), 2)),
        new Sequence(new SequencePart(new CosineDecay(0.1), 4), new SequencePart(new OneCycle(0.2), 4), new SequencePart(new ConstantRate(0), 1)),
        new Sequence(new SequencePart(new PolynomialDecay(0.1), 4), new SequencePart(new ReduceOnPlateau(0.1, 0.5, patience: 0), 30)),
        new Warmup(
            new Sequence(
                new SequencePart(new Warmup(new ReduceOnPlateau(0.1, 0.5, patience: 0), 2, 0.5), 20),
                new SequencePart(new Sequence(new SequencePart(new Triangular(1), 3), new SequencePart(new ReduceOnPlateau(1, 0.3, 0), 9)), 20)),
            1,
            0.01),
    ];

    private static bool IsRate(double rate) => double.IsFinite(rate) && rate >= 0;

    private static double Rate(ILearningRateSchedule schedule, TrainingPosition position) => schedule.RateAt(position, History);

    // Every step of small runs, and some of a long one: the first and last, and ever further apart.
    private static IEnumerable<TrainingPosition> Positions()
    {
        foreach (var (steps, epochs) in new[] { (1, 1), (1, 10), (3, 7), (196, 25) })
        {
            for (var i = 0; i < steps * epochs; i++)
            {
                yield return new(i / steps, i % steps, steps, epochs);
            }
        }

        for (var epoch = 0; epoch < 1_000_000; epoch = (epoch * 9 / 8) + 1)
        {
            yield return new(epoch, epoch % 5, 5, 1_000_000);
        }

        yield return new(999_999, 4, 5, 1_000_000);
    }
}
