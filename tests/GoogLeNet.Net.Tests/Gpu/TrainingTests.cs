using Cifar10Training.Recipes;
using FluentAssertions;
using Inception.Data.Transforms;
using Inception.Tests.Samples;
using Inception.Training;
using Inception.Training.Averaging;
using Inception.Training.Optimizers;
using Inception.Training.Schedules;
using TorchSharp;
using Xunit;

namespace Inception.Tests.Gpu;

/// <summary>
/// Training on a GPU, as far as a machine without one can tell: on a device whose memory the host cannot read, with operators that refuse to mix devices.
/// </summary>
[Collection(SampleCollection.Name)]
public sealed class TrainingTests
{
    private static readonly Dictionary<string, TrainerOptions> Variants = new()
    {
        ["as the tutorial trains"] = Tiny(),
        ["as recipe gpu trains"] = Tiny() with
        {
            Optimizer = BuiltInRecipes.Gpu.Trainer.Optimizer,
            LabelSmoothing = 0.2,
            TrainTransforms = [new HorizontalFlip(Alternating: true), new RandomCrop(2), new Cutout(3), new Normalize([125, 123, 114], [63, 62, 67])],
        },
        ["with everything else"] = Tiny() with
        {
            Optimizer = new AdamWOptions(),
            Averaging = new ExponentialAverage(0.9),
            Clipping = new ClipByNorm(1),
            Mixup = new Mixup(0.4),
            MicroBatchSize = 6,
            TopK = 2,
            TrainTransforms = [new RandomResizedCrop(8), new PhotometricDistortion(), new Translate(1), new ScaleToUnit()],
        },
    };

    public static TheoryData<string, bool> Cases()
    {
        var cases = new TheoryData<string, bool>();
        foreach (var name in Variants.Keys)
        {
            cases.Add(name, false);
            cases.Add(name, true);
        }

        return cases;
    }

    [StandInTheory]
    [MemberData(nameof(Cases))]
    public async Task It_learns_what_a_processor_learns_and_waits_for_the_device_in_no_step(string variant, bool dataOnHost)
    {
        var (few, many) = (Recipe(Variants[variant], batch: 12), Recipe(Variants[variant], batch: 6));

        var shortRun = await GpuProcess.TrainAsync(few, dataOnHost);
        var longRun = await GpuProcess.TrainAsync(many, dataOnHost);

        shortRun.Losses.Should().HaveCount(8).And.BeEquivalentTo(
            GpuProcess.Losses(few, torch.CPU, dataOnHost), options => options.WithStrictOrdering().Using<double>(
                pair => pair.Subject.Should().BeApproximately(pair.Expectation, 1e-3)).WhenTypeIs<double>());
        longRun.Counts["aten::convolution"].Should().BeGreaterThan(shortRun.Counts["aten::convolution"], "there are more steps");
        longRun.Counts["wait"].Should().Be(shortRun.Counts["wait"], "only the epochs' ends wait");
    }

    private static TrainerOptions Tiny() => TinyRun.Recipe.Trainer with { Epochs = 2, Schedule = new Triangular(Peak: 0.02) };

    private static Recipe Recipe(TrainerOptions options, int batch) => TinyRun.Recipe with
    {
        Trainer = options with { BatchSize = batch, MicroBatchSize = options.MicroBatchSize is null ? null : batch / 2 },
    };
}
