using System.Runtime.CompilerServices;
using FluentAssertions;
using Inception.Training;
using Xunit;

namespace Inception.Tests.Training.Schedules;

/// <summary>docs/schedules.md shows every schedule as it is: constructors that compile, curves that the library draws. UPDATE_DOCS=1 draws them anew.</summary>
public sealed class ScheduleDocsTests
{
    // Falls for 12 epochs, stands still, falls again from epoch 22 to 30 and stands still.
    private static readonly IReadOnlyList<EpochRecord> Losses =
        Histories.OfLosses([.. Enumerable.Range(0, 60).Select(epoch => 2 - (0.1 * Math.Min(epoch, 11)) - (0.05 * Math.Clamp(epoch - 21, 0, 8)))]);

    public static TheoryData<string> All => new(Curves().Select(curve => curve.Name));

    [Theory]
    [MemberData(nameof(All))]
    public void A_curve_in_the_docs_is_the_one_that_the_library_draws(string name)
    {
        var (_, schedule, epochs, _) = Curves().Single(curve => curve.Name == name);
        var file = Repository.PathOf("docs", "schedules", $"{name}.svg");
        var svg = ScheduleCurve.ToSvg(schedule, epochs, history: Losses);
        if (Environment.GetEnvironmentVariable("UPDATE_DOCS") == "1")
        {
            File.WriteAllText(file, svg);
        }

        File.ReadAllText(file).ReplaceLineEndings("\n").Should().Be(svg);
    }

    [Theory]
    [MemberData(nameof(All))]
    public void A_constructor_in_the_docs_is_the_one_whose_curve_is_below_it(string name)
    {
        var (_, _, epochs, code) = Curves().Single(curve => curve.Name == name);

        var page = File.ReadAllText(Repository.PathOf("docs", "schedules.md")).ReplaceLineEndings("\n");

        page.Should().Contain($"```csharp\n{code}\n```\n![Learning rate over {epochs} epochs](schedules/{name}.svg)\n");
    }

    [Fact]
    public void Every_type_of_schedule_is_in_the_docs_and_no_curve_is_left_over()
    {
        Curves().Select(curve => curve.Schedule.GetType()).Distinct().Should().BeEquivalentTo(
            typeof(ILearningRateSchedule).Assembly.GetExportedTypes().Where(type => type.IsClass && type.IsAssignableTo(typeof(ILearningRateSchedule))));
        Directory.GetFiles(Repository.PathOf("docs", "schedules")).Select(Path.GetFileNameWithoutExtension)
            .Should().BeEquivalentTo(Curves().Select(curve => curve.Name));
    }

    private static List<(string Name, ILearningRateSchedule Schedule, int Epochs, string Code)> Curves() =>
    [
        Of("constant", 25, new ConstantRate(0.01)),
        Of("step-decay", 25, new StepDecay(0.1, 0.5, everyEpochs: 8)),
        Of("tutorial-step-decay", 25, new TutorialStepDecay(0.01, 0.96, everyEpochs: 8)),
        Of("polynomial-decay", 60, new PolynomialDecay(0.01, power: 0.5)),
        Of("exponential-decay", 25, new ExponentialDecay(0.1, factorPerEpoch: 0.85)),
        Of("cosine-decay", 30, new CosineDecay(0.1)),
        Of("cosine-restarts", 70, new CosineRestarts(0.1, firstCycleEpochs: 10, cycleFactor: 2)),
        Of("triangular", 24, new Triangular(0.4)),
        Of("one-cycle", 30, new OneCycle(0.4)),
        Of("piecewise-linear", 24, new PiecewiseLinear(new RatePoint(0, 0), new RatePoint(5, 0.4), new RatePoint(18, 0.04), new RatePoint(24, 0))),
        Of("warmup", 30, new Warmup(new CosineDecay(0.1), epochs: 5, startFactor: 0.1)),
        Of("sequence", 30, new Sequence(new SequencePart(new ConstantRate(0.1), 10), new SequencePart(new CosineDecay(0.1), 20))),
        Of("delegate", 30, new DelegateSchedule(position => 0.1 / Math.Sqrt(1 + position.EpochsDone), "inverse square root")),
        Of("reduce-on-plateau", 60, new ReduceOnPlateau(0.1, factor: 0.5, patience: 5)),
    ];

    private static (string Name, ILearningRateSchedule Schedule, int Epochs, string Code) Of(
        string name, int epochs, ILearningRateSchedule schedule, [CallerArgumentExpression(nameof(schedule))] string code = "") => (name, schedule, epochs, code);
}
