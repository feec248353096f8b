using System.Text.Json.Serialization;
using static TorchSharp.torch;

namespace Inception.Data;

/// <summary>
/// Resizes with bilinear interpolation, half-pixel centers and no antialiasing: what OpenCV's <c>resize</c> does by default (INTER_LINEAR),
/// to which uint8 results are equal but for its rounding to whole numbers. The result is float32 in the units of the images that come in.
/// </summary>
public sealed record Resize : IBatchTransform
{
    /// <summary>A resize to <paramref name="size"/>×<paramref name="size"/> pixels, or to another width.</summary>
    /// <param name="size">Height of the result, and its width unless one is given; at least 1.</param>
    /// <param name="width">Width of the result, at least 1; null for <paramref name="size"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is less than 1.</exception>
    public Resize(int size, int? width = null)
    {
        Size = Check.AtLeast(1, size);
        Width = width is { } given && Check.AtLeast(1, given, nameof(width)) != size ? given : null;
    }

    /// <summary>Height of the result in pixels, and its width unless <see cref="Width"/> is set.</summary>
    public int Size { get; }

    /// <summary>Width of the result in pixels where it differs from the height; null where it does not.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? Width { get; }

    /// <inheritdoc/>
    public Tensor Apply(Tensor images, BatchContext context)
    {
        using var floats = images.to(ScalarType.Float32);
        return nn.functional.interpolate(floats, [Size, Width ?? Size], mode: InterpolationMode.Bilinear, align_corners: false);
    }
}
