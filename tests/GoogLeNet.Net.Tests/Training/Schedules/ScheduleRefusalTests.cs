using System.Text.Json;
using FluentAssertions;
using Inception.Training;
using Xunit;

namespace Inception.Tests.Training.Schedules;

public sealed class ScheduleRefusalTests
{
    public static TheoryData<Func<object>, string> Parameters => new()
    {
        { () => new ConstantRate(-0.1), "rate is -0.1; it must be a finite number, 0 or more.*" },
        { () => new ConstantRate(double.NaN), "rate is NaN; it must be a finite number, 0 or more.*" },
        { () => new StepDecay(0, 1, 1), "initial is 0; it must be a finite number more than 0.*" },
        { () => new PolynomialDecay(0), "initial is 0; it must be a finite number more than 0.*" },
        { () => new PolynomialDecay(1, 0), "power is 0; it must be a finite number more than 0.*" },
        { () => new ExponentialDecay(double.PositiveInfinity, 0.5), "initial is Infinity; it must be a finite number more than 0.*" },
        { () => new ExponentialDecay(1, 1.1), "factorPerEpoch is 1.1; it must be in [0, 1].*" },
        { () => new CosineDecay(-1), "initial is -1; it must be a finite number more than 0.*" },
        { () => new CosineDecay(1, -1), "final is -1; it must be a finite number, 0 or more.*" },
        { () => new CosineRestarts(0, 1), "initial is 0; it must be a finite number more than 0.*" },
        { () => new CosineRestarts(1, 0), "firstCycleEpochs is 0; it must be at least 1.*" },
        { () => new CosineRestarts(1, 1, 0), "cycleFactor is 0; it must be at least 1.*" },
        { () => new CosineRestarts(1, 1, 1, double.NaN), "final is NaN; it must be a finite number, 0 or more.*" },
        { () => new OneCycle(0), "peak is 0; it must be a finite number more than 0.*" },
        { () => new OneCycle(1, 1.5), "peakAt is 1.5; it must be in [0, 1].*" },
        { () => new OneCycle(1, startDivisor: 0), "startDivisor is 0; it must be a finite number more than 0.*" },
        { () => new OneCycle(1, endDivisor: -4), "endDivisor is -4; it must be a finite number more than 0.*" },
        { () => new Warmup(new ConstantRate(1), -1, 0), "epochs is -1; it must be a finite number, 0 or more.*" },
        { () => new Warmup(new ConstantRate(1), 1, 2), "startFactor is 2; it must be in [0, 1].*" },
        { () => new Warmup(null!, 1, 0), "Value cannot be null. (Parameter 'then')" },
        { () => new RatePoint(-1, 1), "epoch is -1; it must be a finite number, 0 or more.*" },
        { () => new RatePoint(1, -2), "rate is -2; it must be a finite number, 0 or more.*" },
        { () => new PiecewiseLinear(), "There are no points; there must be at least one.*" },
        { () => new PiecewiseLinear(new RatePoint(2, 1), new RatePoint(1.5, 1)), "A point at epoch 1.5 follows one at epoch 2; the epochs must ascend.*" },
        { () => new PiecewiseLinear(new RatePoint(2, 1), new RatePoint(2, 0)), "A point at epoch 2 follows one at epoch 2; the epochs must ascend.*" },
        { () => new Sequence(), "There are no parts; there must be at least one.*" },
        { () => new SequencePart(new ConstantRate(1), 0), "epochs is 0; it must be at least 1.*" },
        { () => new SequencePart(null!, 1), "Value cannot be null. (Parameter 'schedule')" },
        { () => new DelegateSchedule(null!, "none"), "Value cannot be null. (Parameter 'rate')" },
        { () => new DelegateSchedule(_ => 1, " "), "*(Parameter 'name')" },
        { () => new ReduceOnPlateau(0), "initial is 0; it must be a finite number more than 0.*" },
        { () => new ReduceOnPlateau(1, factor: 1), "factor is 1; it must be in [0, 1).*" },
        { () => new ReduceOnPlateau(1, patience: -1), "patience is -1; it must be at least 0.*" },
        { () => new ReduceOnPlateau(1, threshold: -1), "threshold is -1; it must be a finite number, 0 or more.*" },
        { () => new ReduceOnPlateau(1, cooldown: -1), "cooldown is -1; it must be at least 0.*" },
        { () => new ReduceOnPlateau(1, minimum: -1), "minimum is -1; it must be a finite number, 0 or more.*" },
    };

    [Theory]
    [MemberData(nameof(Parameters))]
    public void A_parameter_outside_its_range_is_refused(Func<object> construct, string message) =>
        construct.Should().Throw<ArgumentException>().WithMessage(message);

    [Theory]
    [InlineData(double.NaN, "NaN")]
    [InlineData(-1, "-1")]
    [InlineData(double.PositiveInfinity, "Infinity")]
    public void A_function_that_returns_no_rate_is_reported_with_its_name_and_the_step(double rate, string shown) =>
        FluentActions.Invoking(() => new DelegateSchedule(_ => rate, "mine").At(new(2, 4, 5, 9))).Should().Throw<InvalidOperationException>()
            .WithMessage($"The schedule 'mine' returned {shown} in epoch 3, step 5; it must return a finite number, 0 or more.");

    [Fact]
    public void A_function_is_written_as_its_name_and_not_read_back()
    {
        var json = JsonSerializer.Serialize<ILearningRateSchedule>(new DelegateSchedule(_ => 1, "mine"), SpecJson.Options);

        json.Should().Be("{\n  \"schedule\": \"delegate\",\n  \"name\": \"mine\"\n}");
        FluentActions.Invoking(() => JsonSerializer.Deserialize<ILearningRateSchedule>(json, SpecJson.Options)).Should().Throw<JsonException>()
            .WithMessage("The schedule 'mine' is a function, which JSON cannot hold; construct it in code.*");
    }

    [Theory]
    [InlineData("""{ "schedule": "cosineDecay", "initial": -1 }""", "an initial rate below 0")]
    [InlineData("""{ "schedule": "sequence", "parts": [] }""", "no parts")]
    public void Parameters_in_JSON_are_checked_too(string json, string reason) =>
        FluentActions.Invoking(() => JsonSerializer.Deserialize<ILearningRateSchedule>(json, SpecJson.Options)).Should().Throw<ArgumentException>(reason);
}
