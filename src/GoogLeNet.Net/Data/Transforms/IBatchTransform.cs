using System.Text.Json.Serialization;
using static TorchSharp.torch;

namespace Inception.Data;

/// <summary>What a random transform may depend on: nothing else decides what happens to a sample.</summary>
/// <param name="Seed">The run's seed.</param>
/// <param name="Epoch">Epoch, counted from 0.</param>
/// <param name="Samples">Index of each image of the batch in its data set.</param>
public readonly record struct BatchContext(int Seed, int Epoch, IReadOnlyList<long> Samples)
{
    /// <summary>A number for each sample, uniform in [0, 1): a function of seed, epoch, stream and sample.</summary>
    /// <param name="stream">A name for what is decided; other names give independent numbers.</param>
    public double[] Uniform(string stream)
    {
        var random = new CounterRandom(Seed, stream, Epoch);
        return [.. Samples.Select(random.Uniform)];
    }
}

/// <summary>A transform of a batch of images as a value: it has no state, and its random choices are functions of (seed, epoch, sample).</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "transform")]
[JsonDerivedType(typeof(ScaleToUnit), "scaleToUnit")]
[JsonDerivedType(typeof(Normalize), "normalize")]
[JsonDerivedType(typeof(Resize), "resize")]
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
    /// A new tensor (N, C, H', W') on the same device. The transforms here give channels-last memory, as <see cref="BatchLoader"/> hands
    /// them, and so the fewest copies.
    /// </returns>
    Tensor Apply(Tensor images, BatchContext context);
}

/// <summary>What every list of transforms begins from and ends with.</summary>
internal static class BatchTransforms
{
    /// <summary>What a network needs and no more: a resize where the images are not of its input size, and values 0–1.</summary>
    public static IReadOnlyList<IBatchTransform> Default(Tensor images, int inputSize) =>
        images.shape[2] == inputSize && images.shape[3] == inputSize ? [new ScaleToUnit()] : [new Resize(inputSize), new ScaleToUnit()];

    /// <summary>The images as a network takes them, channels last in memory; the same memory where they are so already.</summary>
    /// <exception cref="InvalidOperationException">They are not float32.</exception>
    public static Tensor Finished(Tensor images) => images.dtype == ScalarType.Float32
        ? ChannelsLast.Images(ChannelsLast.Pixels(images))
        : throw new InvalidOperationException(
            $"After all transforms the images are {images.dtype}; end with one that gives float32, such as ScaleToUnit or Normalize.");
}
