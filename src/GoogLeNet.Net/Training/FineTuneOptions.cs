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
