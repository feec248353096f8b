using System.Text.Json;
using System.Text.Json.Serialization;
using Cifar10Training.Commands;
using Cifar10Training.Evaluation;
using Inception;
using Inception.Training;
using TorchSharp;

namespace Cifar10Training.Recipes;

/// <summary>A whole training run as data: the network, how it is trained, and on how many images.</summary>
internal sealed record Recipe
{
    private readonly string testViews = TestTimeViews.Default;
    private readonly int? limit;
    private readonly int? threads;

    /// <summary>Name shown in headers, and the start of the default output folder's name.</summary>
    public required string Name { get; init; }

    /// <summary>The network; in JSON a preset's name or the whole spec.</summary>
    [JsonConverter(typeof(SpecOrPresetName))]
    public required GoogLeNetSpec Spec { get; init; }

    /// <summary>How it is trained.</summary>
    public required TrainerOptions Trainer { get; init; }

    /// <summary>
    /// Whether to train in bfloat16 on a device that has instructions for it, whatever <see cref="Trainer"/> says. What is run says it no longer: there
    /// the trainer's precision is decided.
    /// </summary>
    public bool BFloat16WhereFast { get; init; }

    /// <summary>
    /// Height and width that pictures are brought to, where a run is on the folders <c>train</c> and <c>val</c> of <c>--data</c>; null for CIFAR-10. Crops of training are cut from the whole pictures
    /// where these do not fit memory.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? PictureSize { get; init; }

    /// <summary>What the network looks at when it is tested at the end: none (the image alone), flip, crops, ten or paper.</summary>
    public string TestViews
    {
        get => testViews;
        init => testViews = TestTimeViews.IsName(value)
            ? value : throw new ArgumentException($"TestViews is '{value}'; it must be {TestTimeViews.Names}.", nameof(TestViews));
    }

    /// <summary>Training images, 10 to 50,000, all classes alike; the test set shrinks in proportion. Null for all.</summary>
    public int? Limit
    {
        get => limit;
        init => limit = value is null or (>= 10 and <= 50_000)
            ? value : throw new ArgumentOutOfRangeException(nameof(Limit), $"Limit is {value}; it must be from 10 to 50,000.");
    }

    /// <summary>Threads that libtorch computes with, at least 1. Null for one on each core.</summary>
    public int? Threads
    {
        get => threads;
        init => threads = value is null or >= 1
            ? value : throw new ArgumentOutOfRangeException(nameof(Threads), $"Threads is {value}; it must be at least 1.");
    }

    /// <summary>This recipe with what the command line changes; a limit smaller than a batch shrinks the batch too.</summary>
    public Recipe With(TrainArguments arguments) => this with
    {
        Limit = arguments.Limit ?? Limit,
        BFloat16WhereFast = BFloat16WhereFast && arguments.Precision is null,
        Trainer = Trainer with
        {
            Epochs = arguments.Epochs ?? Trainer.Epochs,
            Schedule = arguments.LearningRate is { } rate ? WithPeak(Trainer.Schedule, rate) : Trainer.Schedule,
            BatchSize = arguments.Batch ?? Math.Min(Trainer.BatchSize, arguments.Limit ?? int.MaxValue),
            Seed = arguments.Seed ?? Trainer.Seed,
            Precision = arguments.Precision ?? Trainer.Precision,
        },
    };

    /// <summary>This recipe with the precision decided for a device.</summary>
    public Recipe On(torch.Device device) => !BFloat16WhereFast ? this : this with
    {
        BFloat16WhereFast = false,
        Trainer = Precision.BFloat16.IsAcceleratedOn(device) ? Trainer with { Precision = Precision.BFloat16 } : Trainer,
    };

    private static ILearningRateSchedule WithPeak(ILearningRateSchedule schedule, double rate) => schedule switch
    {
        Triangular peak => new Triangular(rate, peak.PeakAt, peak.Start, peak.End),
        StepDecay decay => new StepDecay(rate, decay.Factor, decay.EveryEpochs),
        PolynomialDecay decay => new PolynomialDecay(rate, decay.Power),
        TutorialStepDecay decay => new TutorialStepDecay(rate, decay.Factor, decay.EveryEpochs),
        ConstantRate => new ConstantRate(rate),
        CosineDecay cosine => new CosineDecay(rate, cosine.Final),
        _ => throw new UsageException($"--lr cannot change the recipe's schedule, {schedule.GetType().Name}; write the rate into the recipe's JSON file."),
    };

    /// <summary>The recipe as JSON that <see cref="Parse"/> reads.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, SpecJson.Options);

    /// <summary>Reads a recipe and checks that its network can be built.</summary>
    /// <exception cref="JsonException">The text is not JSON, or not that of a recipe.</exception>
    /// <exception cref="ArgumentException">A value is out of range.</exception>
    public static Recipe Parse(string json)
    {
        var recipe = JsonSerializer.Deserialize<Recipe>(json, SpecJson.Options) ?? throw new JsonException("The recipe is null.");
        recipe.Spec.Validate();
        return recipe;
    }
}
