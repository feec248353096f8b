using System.Text.Json.Serialization;
using static TorchSharp.torch;

namespace Inception.Data;

/// <summary>All that a random transform may depend on.</summary>
/// <param name="Seed">The run's seed.</param>
/// <param name="Epoch">Epoch, counted from 0.</param>
/// <param name="Samples">
/// Index of each image of the batch in its data set. Where <see cref="BalancedSampling"/> draws an image again in one epoch, the number of images in the data set is added each time, so
/// that random choices differ.
/// </param>
public readonly record struct BatchContext(int Seed, int Epoch, IReadOnlyList<long> Samples)
{
    /// <summary>Draws a number for each sample, uniform in [0, 1): a function of seed, epoch, stream and sample.</summary>
    /// <param name="stream">A name of what is drawn; different names give independent numbers.</param>
    public double[] Uniform(string stream)
    {
        var random = new CounterRandom(Seed, stream, Epoch);
        return [.. Samples.Select(random.Uniform)];
    }

    /// <summary>Draws one sample's number of <see cref="Uniform(string)"/>.</summary>
    /// <param name="stream">A name of what is drawn.</param>
    /// <param name="sample">One of <see cref="Samples"/>.</param>
    public double Uniform(string stream, long sample) => new CounterRandom(Seed, stream, Epoch).Uniform(sample);
}

/// <summary>A transform of a batch of images: a value without state, whose random choices are functions of (seed, epoch, sample).</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "transform")]
[JsonDerivedType(typeof(ScaleToUnit), "scaleToUnit")]
[JsonDerivedType(typeof(Normalize), "normalize")]
[JsonDerivedType(typeof(Resize), "resize")]
[JsonDerivedType(typeof(CenterCrop), "centerCrop")]
[JsonDerivedType(typeof(RandomCrop), "randomCrop")]
[JsonDerivedType(typeof(RandomResizedCrop), "randomResizedCrop")]
[JsonDerivedType(typeof(Translate), "translate")]
[JsonDerivedType(typeof(HorizontalFlip), "horizontalFlip")]
[JsonDerivedType(typeof(Cutout), "cutout")]
[JsonDerivedType(typeof(PhotometricDistortion), "photometricDistortion")]
public interface IBatchTransform
{
    /// <summary>Transforms a batch.</summary>
    /// <param name="images">(N, C, H, W), uint8 with values 0–255 or float32; left as it is.</param>
    /// <param name="context">Seed, epoch and sample indices.</param>
    /// <returns>
    /// A new tensor (N, C, H', W') on the same device. Channels-last memory, which the transforms here return and <see cref="BatchLoader"/> passes in, needs
    /// the fewest copies.
    /// </returns>
    Tensor Apply(Tensor images, BatchContext context);

    /// <summary>What stands in for this transform where images are validated and predicted: itself unless it is random; null for nothing.</summary>
    IBatchTransform? ForValidation => this;
}

/// <summary>The transforms of a model that is given none, and what happens after the last transform.</summary>
internal static class BatchTransforms
{
    /// <summary>Resize to the model's input size if needed, then scale to [0, 1].</summary>
    public static IReadOnlyList<IBatchTransform> Default(long height, long width, int inputSize) =>
        height == inputSize && width == inputSize ? [new ScaleToUnit()] : [new Resize(inputSize), new ScaleToUnit()];

    /// <summary>Images (N, C, H, W), float32, scaled to <paramref name="size"/> × <paramref name="size"/> pixels, bilinearly with antialiasing; as they are where they have that size.</summary>
    public static Tensor Scaled(Tensor images, int size) => size == images.size(2) && size == images.size(3)
        ? images
        : nn.functional.interpolate(images, [size, size], mode: InterpolationMode.Bilinear, align_corners: false, antialias: true);

    /// <summary>The images in channels-last memory; the same memory if they have it already.</summary>
    /// <exception cref="InvalidOperationException">They are not float32.</exception>
    public static Tensor Finished(Tensor images) => images.dtype == ScalarType.Float32
        ? ChannelsLast.Images(ChannelsLast.Pixels(images))
        : throw new InvalidOperationException(
            $"After all transforms the images are {images.dtype}; end with one that gives float32, such as ScaleToUnit or Normalize.");
}
