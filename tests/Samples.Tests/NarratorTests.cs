using Cifar10Training.Display;
using Cifar10Training.Recipes;
using Cifar10Training.Runs;
using FluentAssertions;
using Xunit;

namespace Inception.Tests.Samples;

public sealed class NarratorTests
{
    [Theory]
    [InlineData("tutorial", "cpu", 31, "This will take about 31 hours on this CPU. The recipe cpu takes minutes; Ctrl-C keeps a checkpoint.", "long on a CPU")]
    [InlineData("tutorial", "cuda", 31, "This will take about 31 hours on this GPU.", "nothing faster to advise")]
    [InlineData("smoke", "cpu", 0.01, "This will take about 36 seconds on this CPU.", "short")]
    [InlineData("cpu", "cpu", 3, "This will take about 3 hours on this CPU. Fewer --epochs or a --limit take less; Ctrl-C keeps a checkpoint.", "it is that recipe already")]
    public void The_estimate_warns_of_long_runs_on_a_CPU(string recipe, string device, double hours, string expected, string reason)
    {
        var machine = new MachineFacts("2", "1", "10", "Linux", "processor", 2, 2, "1");
        var narrator = new RunNarrator(
            new RunConfig(RecipeSource.Find(recipe), device, null, DateTimeOffset.UnixEpoch, machine), new PlainDisplay(TextWriter.Null));

        narrator.Estimate(TimeSpan.FromHours(hours)).Should().Be(expected, reason);
    }

    [Theory]
    [InlineData(0.4, "1 second")]
    [InlineData(45, "45 seconds")]
    [InlineData(600, "10 minutes")]
    [InlineData(7200, "2 hours")]
    [InlineData(259200, "3 days")]
    public void Durations_are_told_in_the_unit_that_fits(double seconds, string words) =>
        Duration.Words(TimeSpan.FromSeconds(seconds)).Should().Be(words);

    [Theory]
    [InlineData(187, "3:07")]
    [InlineData(3599, "59:59")]
    [InlineData(3600, "1:00:00")]
    [InlineData(43_387, "12:03:07")]
    [InlineData(99_065, "27:31:05")]
    public void A_clock_shows_minutes_and_seconds_and_from_an_hour_on_all_hours(double seconds, string clock) =>
        Duration.Clock(TimeSpan.FromSeconds(seconds)).Should().Be(clock);
}
