using FluentAssertions;
using Inception.Data;
using Inception.Training;
using Xunit;

namespace Inception.Tests.Training.Schedules;

/// <summary>The trainer hands its history to the schedule, and a checkpoint carries it on.</summary>
[Collection(TorchCollection.Name)]
public sealed class PlateauTrainingTests : IDisposable
{
    // No epoch is better than the first by 1000: from the third on, every one has half the rate.
    private static readonly TrainerOptions Options = new()
    {
        Epochs = 5,
        BatchSize = 5,
        Schedule = new Warmup(new ReduceOnPlateau(0.08, factor: 0.5, patience: 0, threshold: 1000, relative: false), epochs: 1, startFactor: 0.5),
        Seed = 11,
        TrainTransforms = [new ScaleToUnit()],
        ValidationTransforms = [new ScaleToUnit()],
    };

    private readonly TestFolder folder = new();

    [Fact]
    public void A_run_whose_loss_stands_still_goes_on_at_lower_rates() =>
        // 0.072: nine tenths, in the last of the five steps that warm up.
        Run(Options).Should().Equal(0.072, 0.08, 0.04, 0.02, 0.01);

    [Theory]
    [InlineData(11, "after the first step of the third epoch")]
    [InlineData(18, "in the middle of the fourth")]
    public void A_resumed_run_goes_on_at_the_same_rates(int cancelAtBatch, string reason)
    {
        using var source = new CancellationTokenSource();
        var options = Options with { CheckpointFolder = folder.Path };
        FluentActions.Invoking(() => Run(options, cancelAtBatch, source)).Should().Throw<OperationCanceledException>();

        Run(options, resumeFrom: folder.Last).Should().Equal([0.072, 0.08, 0.04, 0.02, 0.01], reason);
    }

    public void Dispose() => folder.Dispose();

    private static IEnumerable<double> Run(TrainerOptions options, int cancelAtBatch = 0, CancellationTokenSource? source = null, string? resumeFrom = null)
    {
        using var train = Tiny.Noise(22);
        using var model = GoogLeNet.Create(3, Tiny.Spec());
        var watched = new WatchedDataset(train, batch =>
        {
            if (batch == cancelAtBatch)
            {
                source!.Cancel();
            }
        });
        return new MultiHeadTrainer(model, options).Fit(watched, cancellationToken: source?.Token ?? default, resumeFrom: resumeFrom)
            .Epochs.Select(epoch => Math.Round(epoch.LearningRate, 12));
    }
}
