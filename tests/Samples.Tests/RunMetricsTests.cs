using System.Collections.Immutable;
using Cifar10Training.Runs;
using FluentAssertions;
using Inception.Evaluation;
using Inception.Training;
using Xunit;

namespace Inception.Tests.Samples;

/// <summary>What <c>metrics.json</c> says of times and speeds, worked out by hand.</summary>
public sealed class RunMetricsTests
{
    [Fact]
    public void The_speed_is_all_images_by_all_the_time_that_training_took()
    {
        // Two epochs of as many images, one at 100 images a second and one at 300: not 200 but 2 / (1/100 + 1/300) = 150.
        Metrics(startSeconds: 0, (1, 100), (1, 300)).TrainImagesPerSecond.Should().Be(150);
    }

    [Fact]
    public void The_wall_time_is_start_epochs_and_the_final_test() =>
        Metrics(startSeconds: 4.25, (10, 1), (20.5, 1)).WallSeconds.Should().Be(4.25 + 10 + 20.5 + 2.125);

    private static RunMetrics Metrics(double startSeconds, params (double Seconds, double ImagesPerSecond)[] epochs)
    {
        var machine = new MachineFacts("2", "1", "10", "Linux", "processor", 2, 2, "1");
        var config = new RunConfig(TinyRun.Recipe, "cpu", null, DateTimeOffset.UnixEpoch, machine);
        HeadMetrics[] heads = [new("main", 1, 0.5)];
        var history = new History([.. epochs.Select((epoch, i) => new EpochRecord(i + 1, 0.1, epoch.Seconds, epoch.ImagesPerSecond, heads, heads))]);
        var test = new EvaluationResult
        {
            Images = 2,
            Accuracy = 0.5,
            TopK = 1,
            TopKAccuracy = 0.5,
            Loss = 1,
            Confusion = new ConfusionMatrix(["a", "b"], [[1, 0], [1, 0]]),
            Calibration = new Calibration(0, []),
            Mistakes = ImmutableArray<Mistake>.Empty,
            Seconds = 2.125,
        };
        return RunMetrics.From(config, history, startSeconds, parameters: 1, test);
    }
}
