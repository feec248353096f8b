using Inception.Data;
using Microsoft.Extensions.Logging;

namespace Inception.Training;

/// <summary>What <see cref="MultiHeadTrainer.FineTune"/> does beside the trainer's options.</summary>
public sealed record FineTuneOptions
{
    private readonly int classifierEpochs = 1;
    private readonly double learningRateFactor = 0.5;
    private readonly double earlyLayersFactor = 0.1;

    /// <summary>Gets the epochs in which the classifiers learn alone, at least 1. Default 1.</summary>
    public int ClassifierEpochs { get => classifierEpochs; init => classifierEpochs = Check.AtLeast(1, value, nameof(ClassifierEpochs)); }

    /// <summary>Gets the learning rate of these epochs. Default null: <see cref="TrainerOptions.Schedule"/>, as in a run of <see cref="ClassifierEpochs"/>.</summary>
    public ILearningRateSchedule? ClassifierSchedule { get; init; }

    /// <summary>Gets the factor on every rate once the whole network learns, more than 0. Default 0.5.</summary>
    public double LearningRateFactor { get => learningRateFactor; init => learningRateFactor = Check.Positive(value, nameof(LearningRateFactor)); }

    /// <summary>
    /// Gets the further factor on the rates of the first half of the layers before the classifiers, 0 or more; the second half has its square root, the classifiers 1. Default 0.1; 1 is one rate for all, and fastai has 0.01.
    /// </summary>
    public double EarlyLayersFactor { get => earlyLayersFactor; init => earlyLayersFactor = Check.NotNegative(value, nameof(EarlyLayersFactor)); }
}

/// <summary><see cref="MultiHeadTrainer.FineTune"/>: two runs of the trainer, the second from where the first ended.</summary>
internal sealed class FineTuning(MultiHeadModel model, TrainerOptions options, FineTuneOptions fineTuning, ILogger logger)
{
    // The second run's checkpoints are in the folder itself, as those of Fit are.
    private const string ClassifierFolder = "classifiers";
    private const string LockName = ".fine-tuning.lock";

    public History Run(IImageDataset train, IImageDataset? validation, bool resume, CancellationToken cancellationToken)
    {
        // Process 0 keeps the files, and says where all go on.
        var isFirst = new RunRanks(options.Collective).IsFirst;
        var folder = isFirst ? options.CheckpointFolder : null;
        if (resume && options.CheckpointFolder is null)
        {
            throw new ArgumentException("There is nothing to resume from: the options have no CheckpointFolder.", nameof(resume));
        }

        NetworkWeights.RequireClassifiers(model);

        // A group that matches nothing is refused here; below, each has what is left of it.
        _ = ParameterGrouping.Assign(model, options.Optimizer.Groups);
        using var held = folder is null ? null : CheckpointWriter.TakeLock(Directory.CreateDirectory(folder).FullName, folder, LockName);
        var (before, isStopped) = Classifiers(train, validation, folder is null ? null : Path.Combine(folder, ClassifierFolder), resume, cancellationToken);
        if (isStopped)
        {
            return before;
        }

        var whole = options with { Optimizer = options.Optimizer with { Groups = Groups(RateFactors()) } };
        var last = resume && folder is not null ? Last(folder) : null;
        var part = new RunPart(before.Epochs, EpochsAfter: 0);
        return new MultiHeadTrainer(model, whole, logger)
            .Run(train, validation, last is not null && CheckpointFile.Follows(last, before.Epochs) ? last : null, part, cancellationToken).History;
    }

    private (History History, bool IsStopped) Classifiers(IImageDataset train, IImageDataset? validation, string? folder, bool resume, CancellationToken cancellationToken)
    {
        using var others = model.TrainOnly(model.IsClassifier);
        var alone = options with
        {
            Epochs = fineTuning.ClassifierEpochs,
            Schedule = fineTuning.ClassifierSchedule ?? options.Schedule,
            Optimizer = options.Optimizer with { Groups = Groups(_ => 1) },
            CheckpointFolder = folder,
        };
        return new MultiHeadTrainer(model, alone, logger)
            .Run(train, validation, resume && folder is not null ? Last(folder) : null, new RunPart([], EpochsAfter: options.Epochs), cancellationToken);
    }

    // Other files may be of earlier calls.
    private static string? Last(string folder) => Path.Combine(folder, CheckpointFiles.Last) is var path && File.Exists(path) ? path : null;

    // The options' groups, split by a further factor on the rate.
    private List<ParameterGroup> Groups(Func<string, double> factor) =>
        [.. ParameterGrouping.Kinds(model).Where(entry => entry.Parameter.requires_grad)
            .GroupBy(entry => (Rule: options.Optimizer.Groups.FirstOrDefault(rule => rule.Matches(entry.Key, entry.Kind)) ?? new ParameterGroup(), Factor: factor(entry.Key)))
            .Select(group => group.Key.Rule with
            {
                Keys = string.Join(ParameterGroup.Separator, group.Select(entry => entry.Key)),
                LearningRateFactor = group.Key.Rule.LearningRateFactor * group.Key.Factor,
            })];

    // Three rates, as fastai's vision learners have: each half of the layers before the classifiers, in the order in which the model has them, and the classifiers.
    private Func<string, double> RateFactors()
    {
        var layers = model.named_parameters().Where(named => !model.IsClassifier(named.name)).Select(named => LayerOf(named.name)).Distinct().ToList();
        var early = layers.Take(layers.Count / 2).ToHashSet();
        return key => fineTuning.LearningRateFactor
            * (model.IsClassifier(key) ? 1 : early.Contains(LayerOf(key)) ? fineTuning.EarlyLayersFactor : Math.Sqrt(fineTuning.EarlyLayersFactor));
    }

    private static string LayerOf(string key) => key[..(key.LastIndexOf('.') + 1)];
}

/// <summary>Where a run stands in a longer one that callbacks and files see as one.</summary>
/// <param name="Before">Epochs of the runs before.</param>
/// <param name="EpochsAfter">Epochs of those that come.</param>
internal sealed record RunPart(IReadOnlyList<EpochRecord> Before, int EpochsAfter)
{
    /// <summary>A run that is all.</summary>
    public static RunPart Whole { get; } = new([], 0);

    /// <summary>The epochs before and the run's own, numbered on.</summary>
    public History Joined(IEnumerable<EpochRecord> own) => new([.. Before, .. own.Select(Numbered)]);

    /// <summary>An event of the run as one of the longer one. How long that will take is unknown while a part of another speed is to come.</summary>
    public TrainingEvent Seen(TrainingEvent value) => value switch
    {
        EpochBegunEvent begun => begun with { Epoch = Before.Count + begun.Epoch, Epochs = InAll(begun.Epochs) },
        StepEvent step => step with { Epoch = Before.Count + step.Epoch, Epochs = InAll(step.Epochs), Remaining = EpochsAfter == 0 ? step.Remaining : null },
        EpochEvent epoch => new EpochEvent(Numbered(epoch.Record), InAll(epoch.Epochs), Joined(epoch.History.Epochs)),
        _ => value,
    };

    private int InAll(int epochs) => Before.Count + epochs + EpochsAfter;

    private EpochRecord Numbered(EpochRecord record) => record with { Epoch = Before.Count + record.Epoch };
}
