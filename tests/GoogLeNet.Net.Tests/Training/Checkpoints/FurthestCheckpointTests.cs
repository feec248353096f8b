using FluentAssertions;
using Inception.Data;
using Inception.Tests.Data;
using Inception.Training;
using Xunit;

namespace Inception.Tests.Training.Checkpoints;

/// <summary>Which checkpoint a run goes on from, and how far.</summary>
[Collection(TorchCollection.Name)]
public sealed class FurthestCheckpointTests : InterruptedRun
{
    private static readonly TrainerOptions Steady = Options with { Epochs = 2, Schedule = new StepDecay(0.05, 0.5, 1) };

    [Fact]
    public void The_furthest_is_taken_whatever_the_files_times_and_names()
    {
        Run(Folder, seed: 1, options: Steady with { Checkpoints = new() { EveryEpochs = 1 } });
        File.SetLastWriteTimeUtc(Folder.Last, new DateTime(2001, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        using (var other = Model(3))
        {
            other.SaveWeights(Path.Combine(Folder.Path, "zz-weights.safetensors"));
        }

        File.WriteAllText(Path.Combine(Folder.Path, "zz-broken.safetensors"), "no checkpoint");

        CheckpointFiles.Furthest(Folder.Path).Should().Be(Folder.Last);
        File.Delete(Folder.Last);
        Path.GetFileName(CheckpointFiles.Furthest(Folder.Path)).Should().BeOneOf(["epoch-0002.safetensors", "best.safetensors"], "those are as far as the last was");
        CheckpointFiles.Furthest(Path.Combine(Folder.Path, "nowhere")).Should().BeNull();
    }

    [Fact]
    public void What_an_earlier_run_with_other_options_left_in_the_folder_is_not_taken()
    {
        Run(Folder, seed: 1, options: Steady);
        File.Delete(Folder.Last);
        Cancelled(cancelAtTrainBatch: 2, cancelAtValidationBatch: 0, Steady with { Seed = 3 });

        CheckpointFiles.Furthest(Folder.Path).Should().Be(Folder.Last, "best.safetensors came further, in another run");
    }

    [Fact]
    public void A_fresh_run_that_was_killed_before_its_first_checkpoint_leaves_none_of_an_earlier_runs_which_are_kept_aside()
    {
        Run(Folder, seed: 1, options: Steady with { Checkpoints = new() { EveryEpochs = 1 } });
        var (best, log, aside) = (File.ReadAllBytes(Folder.Best), new LogLines(), Path.Combine(Folder.Path, "earlier"));
        using var model = Model(2);
        var trainer = new MultiHeadTrainer(model, Steady with { CheckpointFolder = Folder.Path }, log);

        trainer.Invoking(t => t.Fit(new WatchedDataset(Train, batch => throw new InvalidDataException("killed")), Validation)).Should().Throw<InvalidDataException>();

        CheckpointFiles.Furthest(Folder.Path).Should().BeNull();
        Directory.GetFiles(aside).Select(Path.GetFileName).Should().BeEquivalentTo("last.safetensors", "best.safetensors", "epoch-0001.safetensors", "epoch-0002.safetensors");
        File.ReadAllBytes(Path.Combine(aside, "best.safetensors")).Should().Equal(best);
        log.Lines.Should().ContainSingle().Which.Should().Be($"Warning: The folder held 4 checkpoints of an earlier run; they were moved to {aside}.");
    }

    [Fact]
    public void A_resumed_run_moves_nothing()
    {
        Cancelled(cancelAtTrainBatch: 7, cancelAtValidationBatch: 0, Steady);

        Run(Folder, seed: 1, resumeFrom: Folder.Last, options: Steady);

        Directory.GetDirectories(Folder.Path).Should().BeEmpty();
    }

    [Fact]
    public void A_finished_run_goes_on_to_more_epochs_as_if_it_had_been_begun_with_them()
    {
        using var whole = new TestFolder();
        var expected = Run(whole, seed: 1, options: Steady with { Epochs = 4 });
        Run(Folder, seed: 1, options: Steady);

        var continued = Run(Folder, seed: 9, resumeFrom: Folder.Last, options: Steady with { Epochs = 4 });

        continued.Epochs.Select(epoch => (epoch.LearningRate, epoch.Train[0].Loss)).Should().Equal(expected.Epochs.Select(epoch => (epoch.LearningRate, epoch.Train[0].Loss)));
        var (tensors, wanted) = (SafeTensorsFile.Read(Folder.Last).Tensors, SafeTensorsFile.Read(whole.Last).Tensors);
        tensors.Keys.Should().BeEquivalentTo(wanted.Keys);
        tensors.Where(tensor => !tensor.Value.Data.Span.SequenceEqual(wanted[tensor.Key].Data.Span)).Should().BeEmpty();
    }

    public static TheoryData<TrainerOptions, string> Dependent => new()
    {
        { Steady with { Schedule = new CosineDecay(0.1) }, "*was written in a run of 2 epochs. In one of 3 the learning rate would have been * in epoch 1, step 2*" },
        { Steady with { Averaging = new PolyakAverage(0.5) }, "*the average of the weights would have begun at another time in epoch 2, step 1*" },
        { Steady with { Resizing = new ProgressiveResizing([new ResizingStage(6, 0.5)]) }, "*the images would have been of another size in epoch 2, step 1*" },
        {
            Steady with { HeadWeights = new Dictionary<string, ILearningRateSchedule> { ["aux1"] = new CosineDecay(0.3) } },
            "*a head's weight would have been another in epoch 1, step 2*"
        },
    };

    [Theory]
    [MemberData(nameof(Dependent))]
    public void More_epochs_are_refused_where_the_steps_so_far_would_have_been_others(TrainerOptions options, string message)
    {
        Run(Folder, seed: 1, options: options);

        FluentActions.Invoking(() => Run(Folder, seed: 1, resumeFrom: Folder.Last, options: options with { Epochs = 3 })).Should().Throw<ModelFileException>().WithMessage(message);
    }

    [Fact]
    public void Fewer_epochs_than_were_trained_are_refused()
    {
        Run(Folder, seed: 1, options: Steady);

        FluentActions.Invoking(() => Run(Folder, seed: 1, resumeFrom: Folder.Last, options: Steady with { Epochs = 1 })).Should().Throw<ModelFileException>()
            .WithMessage("*a run of 1 epochs does not come that far*");
    }

    [Fact]
    public void Other_images_labels_or_names_are_refused_though_they_are_as_many()
    {
        Run(Folder, seed: 1);
        using var images = Tiny.Noise(22, seed: 5);
        using var names = new TensorDataset(Train.Images.clone(), Train.Labels.clone(), ["x", "b", "c"]);
        using var labels = new TensorDataset(Train.Images.clone(), Train.Labels.roll(1), Train.ClassNames);

        foreach (var other in (TensorDataset[])[images, names, labels])
        {
            using var model = Model(1);
            new MultiHeadTrainer(model, Options).Invoking(trainer => trainer.Fit(other, resumeFrom: Folder.Last)).Should().Throw<ModelFileException>()
                .WithMessage("*was written in training on other images, labels or class names*");
        }
    }

    [Fact]
    public void A_checkpoint_of_before_there_were_fingerprints_or_an_option_is_continued()
    {
        Run(Folder, seed: 1);
        var file = SafeTensorsFile.Read(Folder.Last);
        var metadata = file.Metadata.Where(entry => entry.Key is not "trainFingerprint" and not "preprocessing" and not "classNames").ToDictionary();
        var options = System.Text.Json.Nodes.JsonNode.Parse(metadata["options"])!.AsObject();
        options.Remove("mixup").Should().BeTrue();
        metadata["options"] = options.ToJsonString();
        SafeTensorsFile.Write(Folder.Last, metadata, file.Tensors.Values);

        Run(Folder, seed: 2, resumeFrom: Folder.Last).Epochs.Should().HaveCount(Options.Epochs);
    }
}
