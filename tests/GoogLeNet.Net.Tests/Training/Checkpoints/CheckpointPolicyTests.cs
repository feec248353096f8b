using FluentAssertions;
using Inception.Training;
using Xunit;

namespace Inception.Tests.Training.Checkpoints;

/// <summary>Which files a run keeps, decided from its history alone.</summary>
public sealed class CheckpointPolicyTests
{
    private static readonly CheckpointAction Last = new WriteCheckpoint("last.safetensors", IsBest: false);
    private static readonly CheckpointAction Best = new WriteCheckpoint("best.safetensors", IsBest: true);

    public static TheoryData<double[], bool, string> Accuracies => new()
    {
        { [0.1], true, "the first is the best so far" },
        { [0.1, 0.2], true, "it has risen" },
        { [0.2, 0.1], false, "it has fallen" },
        { [0.2, 0.2], false, "an equal one does not replace the earlier" },
        { [0.2, 0.1, 0.15], false, "the best counts, not the one before" },
    };

    [Theory]
    [MemberData(nameof(Accuracies))]
    public void The_last_is_always_written_and_the_best_when_it_is_one(double[] accuracies, bool isBest, string reason) =>
        new CheckpointPolicy().Decide(Histories.OfAccuracies(accuracies)).Should().Equal(isBest ? [Best, Last] : [Last], reason);

    [Fact]
    public void By_default_the_last_is_written_within_an_epoch_after_five_minutes_and_three_periodic_ones_are_kept()
    {
        new CheckpointPolicy().SaveInterval.Should().Be(TimeSpan.FromMinutes(5));
        new CheckpointPolicy().MaxPeriodicCheckpoints.Should().Be(3);
    }

    [Fact]
    public void The_best_may_be_the_one_of_the_lowest_loss()
    {
        var policy = new CheckpointPolicy { BestBy = WatchedMetric.Loss };

        policy.Decide(Histories.OfLosses([2, 1])).Should().Contain(Best);
        policy.Decide(Histories.OfLosses([1, 2])).Should().NotContain(Best);
    }

    [Fact]
    public void An_epoch_without_validation_is_the_best_only_as_long_as_there_was_none()
    {
        EpochRecord unmeasured = new(1, 0.1, 1, 1, [new("main", 1, 0)], []);
        var measured = Histories.OfAccuracies([0.5])[0];

        new CheckpointPolicy().Decide([unmeasured]).Should().Equal(Best, Last);
        new CheckpointPolicy().Decide([unmeasured, unmeasured]).Should().Equal(Best, Last);
        new CheckpointPolicy().Decide([unmeasured, measured]).Should().Equal(Best, Last);
        new CheckpointPolicy().Decide([measured, unmeasured]).Should().Equal(Last);
    }

    [Fact]
    public void Nothing_is_deleted_before_there_are_more_than_are_kept()
    {
        var policy = new CheckpointPolicy { EveryEpochs = 2, MaxPeriodicCheckpoints = 2 };

        policy.Decide(Histories.OfAccuracies([0.5, 0.5])).Should().Equal(new WriteCheckpoint("epoch-0002.safetensors", IsBest: false), Last);
        policy.Decide(Histories.OfAccuracies([0.5, 0.5, 0.5, 0.5])).OfType<DeleteCheckpoint>().Should().BeEmpty();
        policy.Decide(Histories.OfAccuracies([.. Enumerable.Repeat(0.5, 6)])).OfType<DeleteCheckpoint>()
            .Should().Equal(new DeleteCheckpoint("epoch-0002.safetensors"));
    }

    [Fact]
    public void Of_every_second_epoch_the_newest_two_are_kept()
    {
        var policy = new CheckpointPolicy { EveryEpochs = 2, MaxPeriodicCheckpoints = 2 };
        var files = new HashSet<string>();
        for (var epoch = 1; epoch <= 9; epoch++)
        {
            foreach (var action in policy.Decide(Histories.OfAccuracies([.. Enumerable.Repeat(0.5, epoch)])))
            {
                _ = action is DeleteCheckpoint ? files.Remove(action.Name) : files.Add(action.Name);
            }
        }

        files.Should().BeEquivalentTo("best.safetensors", "last.safetensors", "epoch-0006.safetensors", "epoch-0008.safetensors");
    }

    public static TheoryData<Func<object>, string> Impossible => new()
    {
        { () => new CheckpointPolicy { EveryEpochs = 0 }, "EveryEpochs is 0; it must be at least 1.*" },
        { () => new CheckpointPolicy { MaxPeriodicCheckpoints = 0 }, "MaxPeriodicCheckpoints is 0; it must be at least 1.*" },
        { () => new CheckpointPolicy { SaveInterval = TimeSpan.Zero }, "SaveInterval is 00:00:00; it must be more than zero.*" },
    };

    [Theory]
    [MemberData(nameof(Impossible))]
    public void Impossible_policies_are_refused(Func<object> create, string message) =>
        create.Should().Throw<ArgumentOutOfRangeException>().WithMessage(message);
}
