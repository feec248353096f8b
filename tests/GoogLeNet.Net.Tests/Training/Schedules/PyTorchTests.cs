using System.Text.Json;
using FluentAssertions;
using Inception.Training;
using Xunit;

namespace Inception.Tests.Training.Schedules;

/// <summary>Every step's rate, against what PyTorch 1.13.0's schedulers give: schedules.json, written by generate_schedules.py.</summary>
public sealed class PyTorchTests
{
    private static readonly Lazy<Reference> Expected = new(Read);

    public static TheoryData<string, ILearningRateSchedule, int, int> Runs => new()
    {
        { "cosine", new CosineDecay(0.3, 0.01), 7, 5 },
        { "restarts", new CosineRestarts(0.3, 3, 1, 0.02), 5, 10 },
        { "longer restarts", new CosineRestarts(0.3, 2, 2), 4, 14 },
        { "one cycle", new OneCycle(0.4), 6, 9 },
        { "one cycle, other settings", new OneCycle(2, 0.55, 4, 10), 6, 9 },
        { "one cycle, falling only", new OneCycle(0.4, peakAt: 0), 10, 1 },
        { "one cycle, rising only", new OneCycle(0.4, peakAt: 1), 10, 1 },
        { "one cycle, one step", new OneCycle(0.4), 1, 1 },
        { "exponential", new ExponentialDecay(0.2, 0.9), 1, 12 },
        { "polynomial", new PolynomialDecay(0.01), 3, 8 },
        { "polynomial, squared", new PolynomialDecay(0.01, 2), 3, 8 },
        { "warm-up", new Warmup(new ExponentialDecay(0.2, 0.8), 2.5, 0.125), 4, 8 },
    };

    public static TheoryData<string, ReduceOnPlateau> Plateaus => new()
    {
        { "plateau", new(0.1, patience: 4) },
        { "plateau, accuracy", new(0.1, 0.5, 3, metric: WatchedMetric.Accuracy) },
        { "plateau, absolute", new(0.1, 0.3, 2, 0.05, relative: false) },
        { "plateau, accuracy, absolute", new(0.1, 0.7, 2, 0.05, relative: false, metric: WatchedMetric.Accuracy) },
        { "plateau, cooldown", new(0.1, 0.6, 1, 0.1, cooldown: 5) },
        { "plateau, no patience", new(0.1, 0.9, 0, cooldown: 2, minimum: 0.02) },
        { "plateau, coarse", new(0.1, 0.05, 1, 0.5) },
    };

    [Theory]
    [MemberData(nameof(Runs))]
    public void Every_steps_rate_is_PyTorchs(string run, ILearningRateSchedule schedule, int stepsPerEpoch, int epochs)
    {
        var expected = Expected.Value.Rates[run];

        expected.Should().HaveCount(stepsPerEpoch * epochs);
        for (var i = 0; i < expected.Length; i++)
        {
            var rate = schedule.At(new(i / stepsPerEpoch, i % stepsPerEpoch, stepsPerEpoch, epochs));
            rate.Should().BeApproximately(expected[i], 1e-12 + (1e-9 * expected[i]), $"{run}, step {i}");
        }
    }

    [Theory]
    [MemberData(nameof(Plateaus))]
    public void Every_epochs_rate_on_a_random_walk_is_PyTorchs(string run, ReduceOnPlateau schedule)
    {
        var (expected, metrics) = (Expected.Value.Rates[run], Expected.Value.Metrics[run]);
        var history = schedule.Metric == WatchedMetric.Loss ? Histories.OfLosses(metrics) : Histories.OfAccuracies(metrics);

        expected.Distinct().Count().Should().BeGreaterThan(5, "the walk must stand still often enough to show something");
        for (var epoch = 0; epoch < expected.Length; epoch++)
        {
            var rate = schedule.At(new(epoch, 0, 2, expected.Length), history);
            rate.Should().BeApproximately(expected[epoch], 1e-12 * expected[epoch], $"{run}, epoch {epoch}");
            schedule.At(new(epoch, 1, 2, expected.Length), history).Should().Be(rate, "it changes between epochs only");
        }
    }

    private static Reference Read()
    {
        using var file = File.OpenRead(Repository.PathOf("tests", "GoogLeNet.Net.Tests", "Training", "Schedules", "schedules.json"));
        return JsonSerializer.Deserialize<Reference>(file, SpecJson.Options)!;
    }

    private sealed record Reference(IReadOnlyDictionary<string, double[]> Rates, IReadOnlyDictionary<string, double[]> Metrics);
}
