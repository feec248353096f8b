using FluentAssertions;
using Inception.Training;
using Spectre.Console;
using Xunit;

namespace Inception.Tests.Samples;

/// <summary>The panel that a terminal shows during training.</summary>
public sealed class LiveDisplayTests
{
    private static readonly IReadOnlyList<HeadMetrics> Heads = [new("main", 1.234, 0.5), new("aux1", 2, 0.25)];

    [Fact]
    public void It_shows_the_epoch_the_pace_and_every_head()
    {
        var lines = Lines(Step(step: 30), last: null);

        lines[0].Should().Be(new string('#', 20) + new string('-', 40), "a third of the epoch is done");
        lines[1].Should().Be("epoch 2/4  step 30/90  lr 0.05  400 img/s  1:05 left");
        lines[3].Split(' ', StringSplitOptions.RemoveEmptyEntries).Should().Equal("main", "1.234", "50.0", "%");
        lines[4].Split(' ', StringSplitOptions.RemoveEmptyEntries).Should().Equal("aux1", "2.000", "25.0", "%");
    }

    [Fact]
    public void From_the_second_epoch_on_it_shows_the_test_accuracy_of_the_one_before()
    {
        var last = new EpochRecord(1, 0.1, 1, 1, Heads, [new("main", 1, 0.4321), new("aux1", 1, 0.3)]);

        var lines = Lines(Step(step: 90), last);

        lines[1].Should().StartWith("epoch 2/4  on the test images …");
        lines[3].Should().EndWith("43.21 %");
        lines[4].Should().EndWith("30.00 %");
    }

    private static StepEvent Step(int step) => new(2, 4, step, 90, 0.05, 400, TimeSpan.FromSeconds(65)) { Metrics = Heads };

    private static string[] Lines(StepEvent step, EpochRecord? last)
    {
        using var text = new StringWriter();
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.No, Out = new AnsiConsoleOutput(text) });
        console.Profile.Width = 100;
        console.Write(Cifar10Training.Display.LiveDisplay.Panel(step, last, unicode: false));
        return [.. text.ToString().Split('\n').Select(line => line.TrimEnd())];
    }
}
