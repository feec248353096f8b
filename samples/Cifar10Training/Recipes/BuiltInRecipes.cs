using System.Collections.Immutable;
using Inception;
using Inception.Data;
using Inception.Training;

namespace Cifar10Training.Recipes;

/// <summary>The recipes that have a name.</summary>
internal static class BuiltInRecipes
{
    /// <summary>Every part at work in seconds: real images, both auxiliary heads, clearly better than chance.</summary>
    public static Recipe Smoke { get; } = new()
    {
        Name = "smoke",
        Spec = GoogLeNetSpec.CifarSmall.WithWidth(0.5) with { Name = "cifar-small × 0.5" },
        Limit = 2_000,
        Trainer = new TrainerOptions
        {
            Epochs = 3,
            BatchSize = 50,
            Schedule = new Triangular(peak: 0.05),
            Optimizer = new SgdOptions { Momentum = 0.9, Nesterov = true, WeightDecay = 5e-4 },
            TrainTransforms = [new HorizontalFlip(Alternating: true), Standardize],
            ValidationTransforms = [Standardize],
        },
    };

    /// <summary>Minutes on two cores. What each setting brings is in docs/recipes.md.</summary>
    public static Recipe Cpu { get; } = new()
    {
        Name = "cpu",
        Spec = GoogLeNetSpec.CifarFast,
        BFloat16WhereFast = true,
        TestViews = "flip",
        Trainer = new TrainerOptions
        {
            Epochs = 3,
            BatchSize = 128,
            Schedule = new Triangular(peak: 0.08, peakAt: 0.3, start: 0.05),
            Optimizer = FiltersByMuon(otherRates: 3),
            LabelSmoothing = 0.1,
            TrainTransforms = [new HorizontalFlip(Alternating: true), new RandomCrop(2), Standardize],
            ValidationTransforms = [Standardize],
            ValidationInterval = null,
        },
    };

    /// <summary>
    /// For one large GPU: full width, the whitening at full resolution, and so 16×16 before the first Inception block. Its rates are those of the CPU's
    /// experiments with large batches (docs/recipes.md); it was not tuned on a GPU.
    /// </summary>
    public static Recipe Gpu { get; } = new()
    {
        Name = "gpu",
        Spec = GoogLeNetSpec.Cifar with
        {
            Name = "cifar-fast, full size",
            Layers =
            [
                new WhiteningSpec("whiten", Kernel: 2),
                new ConvolutionSpec("conv3", 192, Kernel: 3),
                new MaxPoolSpec("maxpool2", 3, 2),
                .. GoogLeNetSpec.Cifar.Layers.Skip(1),
            ],
            Blocks = GoogLeNetSpec.CifarFast.Blocks,
        },
        BFloat16WhereFast = true,
        TestViews = "crops",
        Trainer = new TrainerOptions
        {
            Epochs = 20,
            BatchSize = 512,
            Schedule = new Triangular(peak: 0.12, peakAt: 0.3, start: 0.05),
            Optimizer = FiltersByMuon(otherRates: 2.5),
            LabelSmoothing = 0.2,
            TrainTransforms = [new HorizontalFlip(Alternating: true), new RandomCrop(4), new Cutout(8), Standardize],
            ValidationTransforms = [Standardize],
            ValidationInterval = null,
        },
    };

    /// <summary>The Keras tutorial's network and settings, nothing changed.</summary>
    public static Recipe Tutorial { get; } = new()
    {
        Name = "tutorial",
        Spec = GoogLeNetSpec.Tutorial,
        Trainer = new TrainerOptions
        {
            Epochs = 25,
            BatchSize = 256,
            Schedule = new TutorialStepDecay(0.01, 0.96, 8),
            Optimizer = new SgdOptions { Momentum = 0.9, Form = MomentumForm.Keras },
            TrainTransforms = [new Resize(224), new ScaleToUnit()],
            ValidationTransforms = [new Resize(224), new ScaleToUnit()],
        },
    };

    /// <summary>ImageNet with the paper's network, crops and photometric distortion, and the short schedule of Caffe's solvers ("quick": 2.4 million steps of 32 images).</summary>
    public static Recipe ImageNet { get; } = new()
    {
        Name = "imagenet",
        Spec = GoogLeNetSpec.Paper,
        PictureSize = 256,
        TestViews = "ten",
        Trainer = new TrainerOptions
        {
            Epochs = 60,
            BatchSize = 32,
            Schedule = new PolynomialDecay(0.01, power: 0.5),
            Optimizer = new SgdOptions { Momentum = 0.9, WeightDecay = 2e-4, Groups = ParameterGroup.DoubleRateOnBiases },
            TrainTransforms = [new RandomResizedCrop(224), new HorizontalFlip(), new PhotometricDistortion(), CaffeMean],
            ValidationTransforms = [new CenterCrop(224), CaffeMean],
        },
    };

    /// <summary>The same with Caffe's long schedule, which is the paper's: 10 million steps, 4 % less every 320,000.</summary>
    public static Recipe ImageNetStandard { get; } = ImageNet with
    {
        Name = "imagenet-standard",
        Trainer = ImageNet.Trainer with { Epochs = 250, Schedule = new StepDecay(0.01, 0.96, everyEpochs: 8) },
    };

    /// <summary>The first with batch normalization, torchvision's network.</summary>
    public static Recipe ImageNetBatchNorm { get; } = ImageNet with { Name = "imagenet-bn", Spec = GoogLeNetSpec.TorchVision };

    /// <summary>All of them.</summary>
    public static ImmutableArray<Recipe> All { get; } = [Smoke, Cpu, Gpu, Tutorial, ImageNet, ImageNetStandard, ImageNetBatchNorm];

    /// <summary>What runs without <c>--recipe</c>.</summary>
    /// <param name="device">cpu, cuda or cuda:i.</param>
    public static Recipe DefaultOn(string device) => device == "cpu" ? Cpu : Gpu;

    /// <summary>Their names.</summary>
    public static IEnumerable<string> Names => All.Select(recipe => recipe.Name);

    // Muon's rate is the schedule's; everything else moves at another. Only the classifiers decay: filters have a fixed norm.
    private static MuonOptions FiltersByMuon(double otherRates) => new()
    {
        WeightDecay = 5e-4,
        Groups =
        [
            new() { Kinds = ParameterKinds.Biases | ParameterKinds.Normalization, LearningRateFactor = otherRates, WeightDecayFactor = 0 },
            new() { Keys = "*fc*.weight", LearningRateFactor = otherRates },
        ],
    };

    // Caffe's mean color, as red, green and blue.
    private static Normalize CaffeMean => new([123, 117, 104], [1, 1, 1]);

    private static Normalize Standardize => new([.. Cifar10.Mean], [.. Cifar10.StandardDeviation]);
}
