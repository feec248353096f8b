using FluentAssertions;
using Inception.Tests.Training;
using Inception.Training;
using Xunit;

namespace Inception.Tests.Distributed;

/// <summary>What one process does or suffers reaches all.</summary>
[Collection(TorchCollection.Name)]
public sealed class FaultTests : SharedRun
{
    [Fact]
    public void Canceling_one_process_ends_all_after_the_same_step()
    {
        var (each, aborts) = ThreadCollective.Run(3, collective =>
        {
            using var source = new CancellationTokenSource();
            using var model = GoogLeNet.Create(3, WithNorms, seed: 1);
            var data = new WatchedDataset(Train, batch => CancelAt(source, collective.Rank == 2 && batch == 7));
            return new MultiHeadTrainer(model, Options with { Collective = collective, CheckpointFolder = Folder.Path }).Fit(data, Validation, cancellationToken: source.Token);
        });

        aborts.Should().BeEmpty();
        each.Should().AllSatisfy(outcome => outcome.Error.Should().BeAssignableTo<OperationCanceledException>());
        SafeTensorsFile.Read(Folder.Last).Metadata["position"].Should().MatchRegex("\"epoch\": 1,\\s+\"step\": 2,\\s+\"images\": 10,", "images of all processes count");
    }

    [Fact]
    public void Canceling_one_process_in_a_validation_ends_all()
    {
        var (each, aborts) = ThreadCollective.Run(2, collective =>
        {
            using var source = new CancellationTokenSource();
            using var model = GoogLeNet.Create(3, WithNorms, seed: 1);
            var data = new WatchedDataset(Validation, batch => CancelAt(source, collective.Rank == 1 && batch == 2));
            return new MultiHeadTrainer(model, Options with { Collective = collective, CheckpointFolder = Folder.Path }).Fit(Train, data, cancellationToken: source.Token);
        });

        aborts.Should().BeEmpty();
        each.Should().AllSatisfy(outcome => outcome.Error.Should().BeAssignableTo<OperationCanceledException>());
        SafeTensorsFile.Read(Folder.Last).Metadata["position"].Should().MatchRegex("\"epoch\": 0,\\s+\"step\": 5,", "the epoch's steps are kept");
    }

    [Fact]
    public void Divergence_ends_all_at_the_same_step()
    {
        var (each, aborts) = ThreadCollective.Run(3, collective =>
        {
            using var model = GoogLeNet.Create(3, WithoutNorms, seed: 1);
            return new MultiHeadTrainer(model, Options with { Collective = collective, Schedule = new ConstantRate(1e30) }).Fit(Train, Validation);
        });

        aborts.Should().BeEmpty();
        each.Select(outcome => outcome.Error).Should().AllBeOfType<TrainingDivergedException>();
        each.Select(outcome => outcome.Error!.Message).Distinct().Should().ContainSingle();
    }

    [Fact]
    public void What_fails_in_one_process_ends_all_and_says_where()
    {
        var (each, aborts) = ThreadCollective.Run(3, collective =>
        {
            using var model = GoogLeNet.Create(3, WithNorms, seed: 1);
            var data = new WatchedDataset(Train, batch => FailAt(collective.Rank == 1 && batch == 4));
            return new MultiHeadTrainer(model, Options with { Collective = collective }).Fit(data, Validation);
        });

        aborts[0].Should().Be("1: The disk is gone.");
        each.Should().AllSatisfy(outcome => outcome.Error.Should().NotBeNull());
        each[1].Error.Should().BeOfType<IOException>();
    }

    [Fact]
    public void Process_0_alone_calls_back_and_writes()
    {
        var recorders = Enumerable.Range(0, 3).Select(_ => new Recorder()).ToArray();
        using var others = new TestFolder();

        var (each, _) = ThreadCollective.Run(3, collective =>
        {
            using var model = GoogLeNet.Create(3, WithNorms, seed: 1);
            var folder = collective.Rank == 0 ? Folder.Path : others.Path;
            return new MultiHeadTrainer(model, Options with { Collective = collective, CheckpointFolder = folder, Callbacks = [recorders[collective.Rank]] }).Fit(Train, Validation);
        });

        recorders[0].Events.OfType<StepEvent>().Should().HaveCount(20);
        recorders[1].Events.Concat(recorders[2].Events).Should().BeEmpty();
        File.Exists(Folder.Last).Should().BeTrue();
        Directory.GetFiles(others.Path).Should().BeEmpty();
        each[2].Value!.Epochs.Select(epoch => epoch.Validation[0]).Should().Equal(each[0].Value!.Epochs.Select(epoch => epoch.Validation[0]), "every process has the history");
    }

    [Theory]
    [InlineData("option batchSize than process 0: 6 instead of 5", 6, 22, 8)]
    [InlineData("training images than process 0: \"21 images with fingerprint", 5, 21, 8)]
    [InlineData("network than process 0: ", 5, 22, 7)]
    public void Processes_that_differ_are_refused(string message, int batchSize, int images, int channels)
    {
        using var data = Tiny.Noise(images);
        var (each, aborts) = ThreadCollective.Run(3, collective =>
        {
            var isOther = collective.Rank == 2;
            var spec = Tiny.Spec() with { Auxiliaries = [.. Tiny.Spec().Auxiliaries.Select(head => head with { Hidden = isOther ? channels : 8 })] };
            using var model = GoogLeNet.Create(3, spec, seed: 1);
            return new MultiHeadTrainer(model, Options with { Collective = collective, BatchSize = isOther ? batchSize : 5 }).Fit(isOther ? data : Train, Validation);
        });

        aborts.Should().BeEmpty();
        each.Select(outcome => outcome.Error).Should().AllBeOfType<CollectiveException>();
        each.Select(outcome => outcome.Error!.Message).Distinct().Should().ContainSingle().Which.Should()
            .StartWith($"Process 2 has another {message}").And.EndWith("All processes must be started with the same program, network, options and images.");
    }

    [Fact]
    public void Norms_that_know_no_other_processes_are_refused_or_left_alone()
    {
        MultiHeadModel Wrapped() => MultiHeadModel.Wrap(
            TorchSharp.torch.nn.Sequential(("norm", TorchSharp.torch.nn.BatchNorm2d(3)), ("flat", TorchSharp.torch.nn.Flatten()), ("fc", TorchSharp.torch.nn.Linear(192, 3))), 3, 8);
        History Fit(ThreadCollective collective, bool synchronize)
        {
            using var model = Wrapped();
            return new MultiHeadTrainer(model, Options with { Collective = collective, SynchronizeBatchNorm = synchronize }).Fit(Train, Validation);
        }

        var (_, aborts) = ThreadCollective.Run(2, collective => Fit(collective, synchronize: true));
        var (each, none) = ThreadCollective.Run(2, collective => Fit(collective, synchronize: false));

        aborts[0].Should().EndWith("1 of the network's 1 batch normalizations are not this library's and cannot be synchronized over processes. Set TrainerOptions.SynchronizeBatchNorm to false.");
        none.Should().BeEmpty();
        each[1].Value!.Epochs[^1].Validation[0].Should().Be(each[0].Value!.Epochs[^1].Validation[0]);
    }

    [Fact]
    public void A_checkpoint_that_does_not_fit_ends_all()
    {
        Together(2, WithNorms, Options with { Epochs = 1, CheckpointFolder = Folder.Path });

        var (each, aborts) = ThreadCollective.Run(2, collective =>
        {
            using var model = GoogLeNet.Create(3, WithNorms, seed: 1);
            return new MultiHeadTrainer(model, Options with { Collective = collective, Seed = 12 }).Fit(Train, Validation, Folder.Last);
        });

        aborts[0].Should().StartWith("0: ").And.Contain("was written with other options: epochs, seed");
        each.Should().AllSatisfy(outcome => outcome.Error.Should().NotBeNull());
    }

    private static void CancelAt(CancellationTokenSource source, bool isNow)
    {
        if (isNow)
        {
            source.Cancel();
        }
    }

    private static void FailAt(bool isNow)
    {
        if (isNow)
        {
            throw new IOException("The disk is gone.");
        }
    }
}
