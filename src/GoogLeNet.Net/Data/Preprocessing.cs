using System.Text.Json;
using System.Text.Json.Serialization;

namespace Inception.Data;

/// <summary>
/// How pictures become a network's input: they are brought to the size that the training images had, and go through the transforms of validation. Model files keep it.
/// </summary>
public sealed class Preprocessing
{
    /// <summary>A preprocessing.</summary>
    /// <param name="transforms">What images go through, in order; the last result must be float32.</param>
    /// <param name="height">Height of the training images in pixels, at least 1; null where it is unknown: images are then taken in the size they have.</param>
    /// <param name="width">Their width in pixels, at least 1; null for the height.</param>
    /// <param name="channels">Their channels: 3 for RGB, 1 for gray; null for the network's.</param>
    /// <param name="fit">How a picture of other proportions is brought to the size.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is less than 1.</exception>
    public Preprocessing(IReadOnlyList<IBatchTransform> transforms, int? height = null, int? width = null, int? channels = null, ImageFit fit = ImageFit.Crop)
    {
        ArgumentNullException.ThrowIfNull(transforms);
        Height = height is { } rows ? Check.AtLeast(1, rows, nameof(height)) : null;
        Width = width is { } columns ? Check.AtLeast(1, columns, nameof(width)) : Height;
        Channels = channels is { } planes ? Check.AtLeast(1, planes, nameof(channels)) : null;
        Transforms = [.. transforms];
        Fit = fit;
    }

    /// <summary>Height of the images before the transforms, in pixels; null where it is unknown.</summary>
    public int? Height { get; }

    /// <summary>Their width in pixels.</summary>
    public int? Width { get; }

    /// <summary>Their channels: 3 for RGB, 1 for gray; null for the network's.</summary>
    public int? Channels { get; }

    /// <summary>How a picture of other proportions is brought to that size.</summary>
    public ImageFit Fit { get; }

    /// <summary>What images of that size go through, in order.</summary>
    public IReadOnlyList<IBatchTransform> Transforms { get; }

    /// <summary>As networks keep it.</summary>
    internal StoredPreprocessing Stored => new(ToJson, this);

    /// <summary>That of a data set's images.</summary>
    internal static Preprocessing Of(IImageDataset dataset, IReadOnlyList<IBatchTransform> transforms)
    {
        var shape = dataset.Shape;
        return new Preprocessing(transforms, shape.Height, shape.Width, shape.Channels, dataset.Fit);
    }

    /// <summary>As model files hold it.</summary>
    internal string ToJson() => JsonSerializer.Serialize(this, SpecJson.With(DataContext.Format, Transforms.Select(transform => transform.GetType())).Of<Preprocessing>());

    /// <summary>What a network keeps of it: the object itself, or a model file's text.</summary>
    /// <param name="value">The object; null where there is text alone.</param>
    /// <param name="json">Gives the text.</param>
    /// <param name="ownTypes">Transforms of the user's own that the text may name.</param>
    /// <exception cref="ArgumentException">The text is no preprocessing, or names a transform that is not known.</exception>
    internal static Preprocessing Restore(object? value, Func<string> json, IEnumerable<Type> ownTypes)
    {
        try
        {
            return value as Preprocessing ?? JsonSerializer.Deserialize(json(), SpecJson.With(DataContext.Format, ownTypes).Of<Preprocessing>())
                ?? throw new JsonException("It is null.");
        }
        catch (Exception e) when (e is JsonException or NotSupportedException or ArgumentException or InvalidOperationException)
        {
            throw new ArgumentException(
                $"The network's preprocessing cannot be read: {e.Message.Split(" Path: ")[0]} Transforms of your own are handed over: Predictor.Load(path, ownTypes: [typeof(…)]), "
                + "new Predictor(network, preprocessing), or the trainer's TrainTransforms and ValidationTransforms.", e);
        }
    }
}

/// <summary>How what this folder keeps in files is written, generated at build time: nothing is lost in a trimmed program.</summary>
[JsonSourceGenerationOptions(GenerationMode = JsonSourceGenerationMode.Metadata)]
[JsonSerializable(typeof(Preprocessing))]
[JsonSerializable(typeof(IReadOnlyList<string>))]
[JsonSerializable(typeof(long[]))]
internal sealed partial class DataContext : JsonSerializerContext
{
    /// <summary>For the library's own transforms.</summary>
    public static JsonSerializerOptions Format { get; } = SpecJson.With(
        new DataContext(), SpecJson.Words<ImageFit>(), SpecJson.Words<CropPadding>(), SpecJson.Words<Interpolation>());
}
