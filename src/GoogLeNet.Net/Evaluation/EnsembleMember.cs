using Inception.Data;
using static TorchSharp.torch;

namespace Inception.Evaluation;

/// <summary>One network of an ensemble, and what its images go through before they reach it.</summary>
public sealed class EnsembleMember
{
    // Views of several images that a network sees at once; of more than 24 images one view.
    private const int ViewsAtOnce = 48;

    /// <summary>A member.</summary>
    /// <param name="model">The network, which stays owned by the caller; its main head is the one that predicts.</param>
    /// <param name="preprocessing">
    /// How pictures become its input; null for what the network itself knows, from its training or its file. Where that is nothing, images are resized to the network's input
    /// size and scaled to [0, 1].
    /// </param>
    /// <exception cref="ArgumentException">The network's file names transforms that are not this library's; give the preprocessing.</exception>
    public EnsembleMember(IClassifier model, Preprocessing? preprocessing = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        Model = model;
        Preprocessing = preprocessing ?? model.GetPreprocessing();
    }

    /// <summary>The network.</summary>
    public IClassifier Model { get; }

    /// <summary>How pictures become its input; null where nothing is known.</summary>
    public Preprocessing? Preprocessing { get; }

    /// <summary>Height and width that a picture is read at.</summary>
    internal (int Height, int Width, int Channels, ImageFit Fit) PictureSize => (
        Preprocessing?.Height ?? Model.InputSize, Preprocessing?.Width ?? Model.InputSize, Preprocessing?.Channels ?? Model.InputChannels, Preprocessing?.Fit ?? ImageFit.Crop);

    /// <summary>Natural logarithms of the weighted mean of the probabilities on all views; for a network that is in evaluation mode.</summary>
    /// <param name="images">(N, C, H, W) on the network's device.</param>
    /// <param name="views">The views of each.</param>
    /// <param name="device">Where the result is.</param>
    /// <param name="cancellationToken">Ends the work between two batches that the network sees.</param>
    /// <returns>float64 (N, classes), of the caller's dispose scope.</returns>
    internal Tensor LogProbabilities(Tensor images, IViews views, Device device, CancellationToken cancellationToken)
    {
        using var scope = NewDisposeScope();
        var count = (int)images.size(0);
        var average = Arithmetic.Full([count, Model.NumClasses], double.NegativeInfinity, ScalarType.Float64, device);
        foreach (var alike in views.Create((int)images.size(2), (int)images.size(3), CropSize).GroupBy(view => (view.Scaled, view.Size, view.Size is null ? (view.Window.Height, view.Window.Width) : default)))
        {
            using var scaled = alike.First().Scale(images);
            foreach (var part in alike.Chunk(Math.Max(1, ViewsAtOnce / count)))
            {
                cancellationToken.ThrowIfCancellationRequested();
                using var step = NewDisposeScope();
                var logits = Model.Logits(Input(part, scaled)).to(ScalarType.Float64);
                var ofViews = logits.Over(Model.Temperature).log_softmax(1).reshape(part.Length, count, -1).SentTo(device);
                var weights = tensor([.. part.Select(view => Math.Log(view.Weight))]).SentTo(device);
                average.copy_(average.logaddexp(ofViews.Add_(weights.reshape(-1, 1, 1)).logsumexp(0)));
            }
        }

        return average.MoveToOuterDisposeScope();
    }

    /// <summary>The size that crops of a picture get: what its training fed to the network.</summary>
    private int CropSize => Preprocessing is not { Height: { } height } known || known.Transforms.Any(transform => transform is Resize) ? Model.InputSize
        : known.Transforms.OfType<CenterCrop>().LastOrDefault()?.Size ?? (height == known.Width ? height : Model.InputSize);

    /// <summary>Images of another size than those of training, brought to that; of the caller's dispose scope.</summary>
    /// <exception cref="ArgumentException">They have another number of channels.</exception>
    internal Tensor Fitted(Tensor images)
    {
        if (Preprocessing?.Channels is { } channels && images.shape[1] != channels)
        {
            throw new ArgumentException($"The images have {images.shape[1]} channels; the network was trained on {channels}.", nameof(images));
        }

        return Preprocessing is not { Height: { } height, Width: { } width } || (images.shape[2], images.shape[3]) == (height, width)
            ? images.alias() : PictureResize.Fit(images, height, width, Preprocessing.Fit);
    }

    // Of several views, (views · N, C, h, w).
    private Tensor Input(View[] views, Tensor scaled)
    {
        using var scope = NewDisposeScope();
        Tensor[] prepared = [.. views.Select(view => Prepare(view, scaled))];
        return (prepared is [var only] ? only : cat(prepared)).MoveToOuterDisposeScope();
    }

    // A view of images that are scaled for it, then the transforms; float32, channels last in memory.
    private Tensor Prepare(View view, Tensor images)
    {
        using var scope = NewDisposeScope();
        var seen = view.CutOut(images);
        var context = new BatchContext(Seed: 0, Epoch: 0, [.. Enumerable.Range(0, (int)images.shape[0]).Select(i => (long)i)]);
        foreach (var transform in Preprocessing?.Transforms ?? BatchTransforms.Default(seen.shape[2], seen.shape[3], Model.InputSize))
        {
            // A view of the network's own size takes the place of a resize to it, and of a crop.
            if (view.Size is not null && transform is (Resize or CenterCrop))
            {
                continue;
            }

            var transformed = transform.Apply(seen, context);
            if (view.Size is not null && IsResized(seen, transformed))
            {
                throw new ArgumentException(
                    $"The transform {transform.GetType().Name} changes the size of images that a view has already cropped to {seen.shape[2]}×{seen.shape[3]} pixels. Leave it out, or predict without such views.",
                    nameof(images));
            }

            seen = transformed;
        }

        return BatchTransforms.Finished(seen).MoveToOuterDisposeScope();
    }

    private static bool IsResized(Tensor before, Tensor after) => (before.shape[2], before.shape[3]) != (after.shape[2], after.shape[3]);
}

/// <summary>How pictures become a network's input: what its training or its file says, and what a training loop of your own may say.</summary>
public static class ModelPreprocessing
{
    /// <summary>The preprocessing that a network knows from its training or its file; null where it knows none.</summary>
    /// <param name="model">The network.</param>
    /// <param name="ownTypes">Transforms of your own that its file may name.</param>
    /// <exception cref="ArgumentException">Its file names a transform that is not known.</exception>
    public static Preprocessing? GetPreprocessing(this IClassifier model, IReadOnlyList<Type>? ownTypes = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        return model.Preprocessing is { } stored ? Preprocessing.Restore(stored.Value, stored.ToJson, ownTypes ?? []) : null;
    }

    /// <summary>Says how pictures become a network's input; predictions use it, and files keep it. <see cref="Training.MultiHeadTrainer.Fit"/> does it by itself.</summary>
    /// <param name="model">The network.</param>
    /// <param name="preprocessing">The preprocessing; null for none.</param>
    public static void SetPreprocessing(this MultiHeadModel model, Preprocessing? preprocessing)
    {
        ArgumentNullException.ThrowIfNull(model);
        model.Preprocessing = preprocessing?.Stored;
    }
}
