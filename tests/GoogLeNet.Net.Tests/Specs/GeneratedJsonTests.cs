using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using FluentAssertions;
using Inception.Data;
using Inception.Training;
using Xunit;

namespace Inception.Tests.Specs;

/// <summary>The code that is generated for JSON writes and reads what reflection does.</summary>
public sealed class GeneratedJsonTests
{
    private static readonly JsonSerializerOptions Reflection = new(SpecJson.Options) { TypeInfoResolver = new DefaultJsonTypeInfoResolver() };

    public static TheoryData<string> Presets => new("paper", "tutorial", "torchvision", "cifar", "cifar-small", "cifar-fast");

    public static IEnumerable<TrainerOptions> Options =>
    [
        new(),
        new()
        {
            Optimizer = new SgdOptions { Nesterov = true, Form = MomentumForm.Keras, Groups = ParameterGroup.DoubleRateOnBiases },
            Schedule = new Warmup(new Sequence(new SequencePart(new OneCycle(0.1), 2), new SequencePart(new ReduceOnPlateau(0.1, metric: WatchedMetric.Loss with { Head = "aux1" }), 3)), 1, 0),
            TrainTransforms = [new RandomCrop(4, CropPadding.Reflect), new HorizontalFlip(), new RandomResizedCrop(24), new PhotometricDistortion(), new ScaleToUnit()],
            Precision = Precision.BFloat16, ClassWeights = [1, 2], Metrics = [new MacroRecall()], Mixup = new Mixup(0.2), EarlyStopping = new EarlyStopping(3),
            Losses = new Dictionary<string, IHeadLoss> { ["main"] = new CrossEntropy(0.1) }, HeadWeights = new Dictionary<string, ILearningRateSchedule> { ["aux1"] = new ConstantRate(0.3) },
        },
        new() { Optimizer = new AdamWOptions(), Averaging = new ExponentialAverage(0.99), Clipping = new ClipByNorm(1), Schedule = new PiecewiseLinear(new RatePoint(0, 1)) },
        new() { Optimizer = new MuonOptions { Iterations = 3 }, Averaging = new PolyakAverage(), Schedule = new DelegateSchedule(_ => 1, "one") },
    ];

    [Theory]
    [MemberData(nameof(Presets))]
    public void Of_a_network(string preset)
    {
        var spec = GoogLeNetSpec.FromName(preset);
        var description = new ModelDescription(10, spec);

        JsonSerializer.Serialize(spec, SpecJson.Options.Of<GoogLeNetSpec>()).Should().Be(JsonSerializer.Serialize(spec, Reflection));
        description.ToJson().Should().Be(JsonSerializer.Serialize(description, Reflection));
        ModelDescription.Canonical(description.ToJson()).Should().Be(description.ToJson());
    }

    [Fact]
    public void Of_options()
    {
        foreach (var options in Options)
        {
            var text = JsonSerializer.Serialize(options, TrainingContext.Format.Of<TrainerOptions>());

            text.Should().Be(JsonSerializer.Serialize(options, Reflection));
            if (options.Schedule is not DelegateSchedule)
            {
                JsonSerializer.Deserialize(text, TrainingContext.Format.Of<TrainerOptions>()).Should().Be(options);
            }
        }
    }

    [Fact]
    public void What_is_left_out_keeps_its_default()
    {
        JsonSerializer.Deserialize("{}", TrainingContext.Format.Of<TrainerOptions>()).Should().Be(new TrainerOptions());
        JsonSerializer.Deserialize("""{ "optimizer": { "optimizer": "muon" } }""", TrainingContext.Format.Of<TrainerOptions>())!.Optimizer.Should().Be(new MuonOptions());
        JsonSerializer.Deserialize("""{ "name": "x", "inputSize": 1, "layers": [], "auxiliaries": [{ "name": "a", "after": "3a" }] }""", SpecJson.Options.Of<GoogLeNetSpec>())
            .Should().Be(new GoogLeNetSpec { Name = "x", InputSize = 1, Layers = [], Auxiliaries = [new AuxiliarySpec("a", "3a")] });
    }

    [Fact]
    public void Of_a_history()
    {
        IReadOnlyList<EpochRecord> history =
            [new(1, 0.1, 2, 3, [new HeadMetrics("main", 1, 0.5)], [new HeadMetrics("main", 1, 0.5, 0.9, new Dictionary<string, double> { ["macroRecall"] = double.NaN })])];
        var type = TrainingContext.Format.Of<IReadOnlyList<EpochRecord>>();

        var text = JsonSerializer.Serialize(history, type);

        text.Should().Be(JsonSerializer.Serialize(history, Reflection));
        JsonSerializer.Deserialize(text, type).Should().Equal(history);
    }

    [Fact]
    public void Of_preprocessing()
    {
        var preprocessing = new Preprocessing([new Resize(8), new CenterCrop(8), new ScaleToUnit(), new Normalize([1, 2, 3], [1, 2, 3])], 32);

        preprocessing.ToJson().Should().Be(JsonSerializer.Serialize(preprocessing, Reflection));
        Preprocessing.Restore(null, preprocessing.ToJson, []).ToJson().Should().Be(preprocessing.ToJson());
    }
}
