using FluentAssertions;
using Inception.Training;
using Xunit;

namespace Inception.Tests.Training;

/// <summary>Early stopping as a pure function of the history.</summary>
public sealed class EarlyStoppingTests
{
    public static TheoryData<double[], double, bool, int, string> Accuracies => new()
    {
        { [], 0, false, 0, "nothing has happened" },
        { [0.5], 0, false, 1, "the first epoch is the best so far" },
        { [0.5, 0.4], 0, false, 1, "one epoch without improvement is within the patience of two" },
        { [0.5, 0.4, 0.5], 0, true, 1, "an equal result is no improvement" },
        { [0.5, 0.4, 0.6], 0, false, 3, "an improvement starts the count anew" },
        { [0.5, 0.4, 0.6, 0.6, 0.6], 0, true, 3, "two epochs since" },
        { [0.5, 0.55, 0.58], 0.1, true, 1, "small improvements do not count" },
        { [0.5, 0.55, 0.61], 0.1, false, 3, "but they add up" },
    };

    [Theory]
    [MemberData(nameof(Accuracies))]
    public void It_stops_after_patience_epochs_without_improvement(double[] accuracies, double minimumChange, bool stops, int best, string reason) =>
        new EarlyStopping(2, minimumChange: minimumChange).Decide(Histories.OfAccuracies(accuracies))
            .Should().Be(new EarlyStoppingVerdict(stops, best), reason);

    [Fact]
    public void Of_losses_the_lowest_is_the_best() =>
        new EarlyStopping(1, WatchedMetric.Loss).Decide(Histories.OfLosses([3, 2, 2.5])).Should().Be(new EarlyStoppingVerdict(true, 2));

    [Fact]
    public void Without_validation_the_training_metrics_are_watched()
    {
        var history = Histories.OfAccuracies([0.2, 0.3, 0.1]).Select(epoch => epoch with { Train = epoch.Validation, Validation = [] }).ToList();

        new EarlyStopping(1).Decide(history).Should().Be(new EarlyStoppingVerdict(true, 2));
    }

    [Fact]
    public void Averaged_weights_are_watched_where_they_are_kept()
    {
        var history = Histories.OfAccuracies([0.9, 0.8]).Zip([0.1, 0.2], (epoch, accuracy) => epoch with { Averaged = [new("main", 1, accuracy)] }).ToList();

        new EarlyStopping(1).Decide(history).BestEpoch.Should().Be(2);
    }

    [Theory]
    [InlineData(0, 0.0, "Patience is 0; it must be at least 1.*")]
    [InlineData(1, -1.0, "MinimumChange is -1; it must be a finite number, 0 or more.*")]
    [InlineData(1, double.NaN, "MinimumChange is NaN; it must be a finite number, 0 or more.*")]
    public void Impossible_rules_are_refused(int patience, double minimumChange, string message) =>
        FluentActions.Invoking(() => new EarlyStopping(patience, minimumChange: minimumChange))
            .Should().Throw<ArgumentOutOfRangeException>().WithMessage(message);
}
