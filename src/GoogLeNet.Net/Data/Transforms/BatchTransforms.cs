using static TorchSharp.torch;

namespace Inception.Data;

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
