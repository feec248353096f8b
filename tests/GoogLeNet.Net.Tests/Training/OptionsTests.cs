using System.Text.Json;
using FluentAssertions;
using Inception.Data;
using Inception.Training;
using Xunit;

namespace Inception.Tests.Training;

public sealed class OptionsTests
{
    [Fact]
    public void Equal_options_are_equal_whatever_lists_they_hold()
    {
        new CheckpointPolicy { AlsoBestBy = [WatchedMetric.Loss] }.Should().Be(new CheckpointPolicy { AlsoBestBy = [WatchedMetric.Loss] }).And.NotBe(new CheckpointPolicy());
        new ImageFolderOptions { ClassNames = ["a"] }.Should().Be(new ImageFolderOptions { ClassNames = ["a"] }).And.NotBe(new ImageFolderOptions());

        var options = new TrainerOptions { TrainTransforms = [new HorizontalFlip(), new ScaleToUnit()], Losses = new Dictionary<string, IHeadLoss> { ["main"] = new CrossEntropy() } };
        (options with { TrainTransforms = [new HorizontalFlip(), new ScaleToUnit()] }).Should().Be(options);
        (options with { TrainTransforms = [new ScaleToUnit()] }).Should().NotBe(options);
    }

    [Fact]
    public void Defaults_are_the_tutorials()
    {
        var options = new TrainerOptions();

        options.Epochs.Should().Be(25);
        options.BatchSize.Should().Be(256);
        options.Schedule.Should().Be(new TutorialStepDecay(0.01, 0.96, 8));
        options.Optimizer.Should().Be(new SgdOptions { Momentum = 0.9, WeightDecay = 0, Nesterov = false });
        options.LabelSmoothing.Should().Be(0);
        options.TrainTransforms.Should().BeNull();
        options.CheckpointFolder.Should().BeNull();
    }

    public static TheoryData<Func<object>, string> OutOfRange => new()
    {
        { () => new TrainerOptions { Epochs = 0 }, "Epochs is 0; it must be at least 1." },
        { () => new TrainerOptions { BatchSize = -1 }, "BatchSize is -1; it must be at least 1." },
        { () => new TrainerOptions { LabelSmoothing = 1 }, "LabelSmoothing is 1; it must be in [[]0, 1)." },
        { () => new TrainerOptions { LabelSmoothing = -0.1 }, "LabelSmoothing is -0.1; it must be in [[]0, 1)." },
        { () => new TrainerOptions { LabelSmoothing = double.NaN }, "LabelSmoothing is NaN; it must be in [[]0, 1)." },
        { () => new SgdOptions { Momentum = 1 }, "Momentum is 1; it must be in [[]0, 1)." },
        { () => new SgdOptions { Momentum = double.NaN }, "Momentum is NaN; it must be in [[]0, 1)." },
        { () => new SgdOptions { WeightDecay = -1e-4 }, "WeightDecay is -0.0001; it must be a finite number, 0 or more." },
        { () => new SgdOptions { WeightDecay = double.PositiveInfinity }, "WeightDecay is Infinity; it must be a finite number, 0 or more." },
        { () => new StepDecay(0, 0.96, 8), "initial is 0; it must be a finite number more than 0." },
        { () => new StepDecay(0.01, -1, 8), "factor is -1; it must be a finite number more than 0." },
        { () => new StepDecay(0.01, 0.96, 0), "everyEpochs is 0; it must be at least 1." },
        { () => new Triangular(double.NaN), "peak is NaN; it must be a finite number more than 0." },
        { () => new Triangular(1, peakAt: 1.1), "peakAt is 1.1; it must be in [[]0, 1]." },
        { () => new Triangular(1, start: -0.1), "start is -0.1; it must be in [[]0, 1]." },
        { () => new Triangular(1, end: 2), "end is 2; it must be in [[]0, 1]." },
    };

    [Theory]
    [MemberData(nameof(OutOfRange))]
    public void A_value_out_of_range_is_refused_with_its_name_value_and_range(Func<object> create, string message) =>
        create.Should().Throw<ArgumentOutOfRangeException>().WithMessage(message.Replace("[[]", "[") + "*");

    [Fact]
    public void Options_survive_json()
    {
        var options = new TrainerOptions
        {
            Epochs = 3,
            BatchSize = 64,
            Schedule = new Triangular(0.4, 0.3, 0.1, 0.05),
            Optimizer = new SgdOptions { Momentum = 0.85, WeightDecay = 5e-4, Nesterov = true, Form = MomentumForm.Keras },
            LabelSmoothing = 0.2,
            Seed = 9,
            TrainTransforms = [new RandomCrop(4), new ScaleToUnit()],
            ValidationTransforms = [new ScaleToUnit()],
        };

        var read = JsonSerializer.Deserialize<TrainerOptions>(JsonSerializer.Serialize(options, SpecJson.Options), SpecJson.Options)!;

        read.TrainTransforms.Should().Equal(options.TrainTransforms);
        read.ValidationTransforms.Should().Equal(options.ValidationTransforms);
        (read with { TrainTransforms = options.TrainTransforms, ValidationTransforms = options.ValidationTransforms }).Should().Be(options);
        JsonSerializer.Deserialize<TrainerOptions>("{}", SpecJson.Options).Should().Be(new TrainerOptions());
    }
}
