using static TorchSharp.torch;

namespace Inception.Data.Transforms;

/// <summary>
/// Resizes to a square with bilinear interpolation, half-pixel centres and no antialiasing: what OpenCV does by default. The result is
/// float32 in the units of the images that come in.
/// </summary>
public sealed record Resize : IBatchTransform
{
    /// <summary>A resize to <paramref name="size"/>×<paramref name="size"/> pixels.</summary>
    /// <param name="size">Height and width of the result, at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">The size is less than 1.</exception>
    public Resize(int size) => Size = Check.AtLeast(1, size);

    /// <summary>Height and width of the result in pixels.</summary>
    public int Size { get; }

    /// <inheritdoc/>
    public Tensor Apply(Tensor images, BatchContext context)
    {
        using var floats = images.to(ScalarType.Float32);
        return nn.functional.interpolate(floats, [Size, Size], mode: InterpolationMode.Bilinear, align_corners: false);
    }
}
