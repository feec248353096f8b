using FluentAssertions;
using Inception.Data;
using Inception.Training;
using Xunit;

namespace Inception.Tests.Training;

/// <summary>Files that a run cannot continue from: refused with what is wrong, the model left as it was.</summary>
[Collection(TorchCollection.Name)]
public sealed class RefusedCheckpointTests : InterruptedRun
{
    private const string Statistic = "inception3b.branch1.bn.running_mean";

    [Fact]
    public void A_checkpoint_of_another_model_is_refused()
    {
        Cancelled(1, 0);
        using var other = GoogLeNet.Create(3, Tiny.Spec() with { Dropout = 0.5 });

        Refused(other, Options).WithMessage($"{Folder.Last} belongs to another model.");
    }

    [Fact]
    public void A_checkpoint_of_a_version_that_did_not_know_a_property_of_the_spec_is_continued()
    {
        Cancelled(1, 0);
        using var model = Model(1);
        var file = SafeTensorsFile.Read(Folder.Last);
        var metadata = file.Metadata.ToDictionary();
        metadata["model"] = metadata["model"].Replace("\"identityFilters\": false,", "", StringComparison.Ordinal);
        metadata["model"].Should().NotBe(file.Metadata["model"]);
        SafeTensorsFile.Write(Folder.Last, metadata, file.Tensors.Values);

        new MultiHeadTrainer(model, Options with { CheckpointFolder = Folder.Path }).Fit(Train, Validation, resumeFrom: Folder.Last).Epochs.Should().HaveCount(Options.Epochs);
    }

    [Fact]
    public void A_checkpoint_with_other_options_is_refused_and_they_are_named()
    {
        Cancelled(1, 0);
        using var model = Model(1);

        Refused(model, Options with { Epochs = 4, LabelSmoothing = 0 })
            .WithMessage($"{Folder.Last} was written with other options: epochs, labelSmoothing.");
        Refused(model, Options with { TrainTransforms = [new ScaleToUnit()] })
            .WithMessage($"{Folder.Last} was written with other options: trainTransforms.");
        Refused(model, Options with { Optimizer = new SgdOptions(), Schedule = new Triangular(0.06), Seed = 12 })
            .WithMessage($"{Folder.Last} was written with other options: schedule, optimizer, seed.");
    }

    public static TheoryData<Func<long, object?>, string> WrongTensors => new()
    {
        { _ => null, "lacks the tensor '{0}'." },
        { channels => new SafeTensor(Statistic, SafeTensorsType.F32, [channels, 1], new byte[4 * channels]), "does not fit the model: '{0}' is F32 ({1}, 1) in the file and F32 ({1}) in the model." },
    };

    [Theory]
    [MemberData(nameof(WrongTensors))]
    public void A_refused_checkpoint_leaves_the_model_as_it_was(Func<long, object?> wrong, string message)
    {
        Cancelled(1, 0);
        using var model = Model(1);
        var before = model.named_parameters().Select(p => p.parameter.Floats()).ToList();
        var file = SafeTensorsFile.Read(Folder.Last);
        var channels = file.Tensors[Statistic].Shape[0];
        SafeTensor?[] tensors = [.. file.Tensors.Values.Where(tensor => tensor.Name != Statistic), (SafeTensor?)wrong(channels)];
        SafeTensorsFile.Write(Folder.Last, file.Metadata.ToDictionary(), tensors.OfType<SafeTensor>());

        Refused(model, Options).WithMessage($"{Folder.Last} {string.Format(message, Statistic, channels)}");
        model.named_parameters().Zip(before).Should().OnlyContain(pair => pair.First.parameter.Floats().SequenceEqual(pair.Second));
    }

    [Fact]
    public void A_checkpoint_whose_options_cannot_be_read_is_refused_as_one_with_other_options()
    {
        Cancelled(1, 0);
        using var model = Model(1);
        var file = SafeTensorsFile.Read(Folder.Last);
        SafeTensorsFile.Write(Folder.Last, new Dictionary<string, string>(file.Metadata.ToDictionary()) { [WeightsFormat.OptionsKey] = "{" }, file.Tensors.Values);

        Refused(model, Options).WithMessage($"{Folder.Last} was written with other options: *");
    }

    [Fact]
    public void A_file_that_is_no_checkpoint_is_refused()
    {
        SafeTensorsFile.Write(Folder.Last, new Dictionary<string, string>(), [new SafeTensor("x", SafeTensorsType.U8, [1], new byte[1])]);
        using var model = Model(1);

        Refused(model, Options).WithMessage($"{Folder.Last} is not a checkpoint of this library's trainer.");
    }

    [Fact]
    public void Damaged_and_missing_files_are_refused()
    {
        using var model = Model(1);
        var trainer = new MultiHeadTrainer(model, Options);
        trainer.Invoking(t => t.Fit(Train, resumeFrom: Folder.Last)).Should().Throw<FileNotFoundException>().WithMessage($"*{Folder.Last}*");

        Cancelled(1, 0);
        var bytes = File.ReadAllBytes(Folder.Last);
        bytes[^9] ^= 1;
        File.WriteAllBytes(Folder.Last, bytes);
        trainer.Invoking(t => t.Fit(Train, resumeFrom: Folder.Last)).Should().Throw<IOException>().WithMessage("*checksum*");
        File.WriteAllBytes(Folder.Last, bytes[..^9]);
        trainer.Invoking(t => t.Fit(Train, resumeFrom: Folder.Last)).Should().Throw<IOException>();
        File.WriteAllText(Folder.Last, "not a checkpoint");
        trainer.Invoking(t => t.Fit(Train, resumeFrom: Folder.Last)).Should().Throw<IOException>();
    }

    [Fact]
    public void Another_number_of_training_images_is_refused()
    {
        Cancelled(cancelAtTrainBatch: 3, cancelAtValidationBatch: 0);
        using var fewer = Tiny.Noise(9);
        using var model = Model(1);

        new MultiHeadTrainer(model, Options).Invoking(t => t.Fit(fewer, Validation, resumeFrom: Folder.Last))
            .Should().Throw<ModelFileException>("step 3 of 5 is not a place in an epoch of 2 steps").WithMessage($"{Folder.Last}*22*9*");
    }

    private FluentAssertions.Specialized.ExceptionAssertions<ModelFileException> Refused(GoogLeNet model, TrainerOptions options) =>
        new MultiHeadTrainer(model, options).Invoking(t => t.Fit(Train, Validation, resumeFrom: Folder.Last)).Should().Throw<ModelFileException>();
}
