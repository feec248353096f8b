using Inception.Data;

namespace Inception.Training;

/// <summary>Creates the loaders of a run's batches, and initializes models from images.</summary>
internal sealed class TrainingLoaders(MultiHeadModel model, TrainerOptions options, RunRanks ranks)
{
    // Enough for the second moments of patches, at CIFAR-10's size.
    private const long InitializationImages = 5_000;
    private const long InitializationPixels = InitializationImages * 32 * 32;

    private int ImagesAtOnce => options.MicroBatchSize ?? options.BatchSize;

    // What is deterministic in the training transforms, so that images are seen as they are trained on.
    private IReadOnlyList<IBatchTransform>? ValidationTransforms =>
        options.ValidationTransforms ?? (options.TrainTransforms is { } train ? [.. train.Select(transform => transform.ForValidation).OfType<IBatchTransform>()] : null);

    // What the network knows of images of this size, from its training or its file; otherwise what it needs and no more.
    private IReadOnlyList<IBatchTransform> DefaultTransforms(IImageDataset dataset)
    {
        var shape = dataset.Shape;
        return model.Preprocessing is { } stored && Data.Preprocessing.Restore(stored.Value, stored.ToJson, []) is var known
            && new ImageShape(known.Channels ?? shape.Channels, known.Height ?? shape.Height, known.Width ?? shape.Width) == shape
                ? known.Transforms : BatchTransforms.Default(shape.Height, shape.Width, model.InputSize);
    }

    /// <summary>How pictures become the input of the network that is trained on these images.</summary>
    public Preprocessing Preprocessing(IImageDataset train) =>
        Data.Preprocessing.Of(train, ValidationTransforms ?? DefaultTransforms(train));

    /// <summary>A loader of shuffled training images, one micro-batch at a time, and the steps in an epoch.</summary>
    /// <param name="train">The images.</param>
    /// <param name="epochs">Epochs of the run, of which the images' size may depend on the fraction.</param>
    /// <exception cref="ArgumentException">The options do not fit this number of images.</exception>
    public (BatchLoader Loader, int StepsPerEpoch) ForTraining(IImageDataset train, int epochs)
    {
        var steps = (int)((train.Count + options.BatchSize - 1) / options.BatchSize);
        TrainingGuards.CheckRun(options, steps);
        var partsPerStep = options.BatchSize / ImagesAtOnce;
        Func<int, int, int?>? sizeAt = options.Resizing is { } resizing
            ? (epoch, part) => resizing.SizeAt(new TrainingPosition(epoch, part / partsPerStep, steps, epochs).Fraction)
            : null;
        return (Loader(train, options.TrainTransforms, ImagesAtOnce, ranks.Share, shuffle: true, options.Mixup, options.Sampling, sizeAt), steps);
    }

    /// <summary>A loader of validation images in the data set's order.</summary>
    public BatchLoader ForValidation(IImageDataset dataset) => Loader(dataset, ValidationTransforms, ImagesAtOnce, ranks.Share, shuffle: false);

    /// <summary>Initializes a model that needs it from the first training images, with the validation transforms.</summary>
    public void InitializeModel(IImageDataset train)
    {
        if (model.NeedsInitialization)
        {
            var count = Math.Min(train.Count, Math.Max(InitializationPixels / ((long)model.InputSize * model.InputSize), 1));
            using var batch = Loader(train, ValidationTransforms, (int)count, share: (0, 1), shuffle: false).Load(epoch: 0, step: 0);
            model.InitializeFrom(batch.Images);
        }
    }

    private BatchLoader Loader(
        IImageDataset dataset, IReadOnlyList<IBatchTransform>? transforms, int batchSize, (int Rank, int Size) share, bool shuffle, Mixup? mixup = null, BalancedSampling? sampling = null, Func<int, int, int?>? sizeAt = null) =>
        new(dataset, batchSize, transforms ?? DefaultTransforms(dataset), model.Device, options.Seed, shuffle, mixup, sampling) { SizeAt = sizeAt, Share = share };
}
