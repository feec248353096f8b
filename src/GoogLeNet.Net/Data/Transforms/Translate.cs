using System.Text.Json.Serialization;
using static TorchSharp.torch;

namespace Inception.Data;

/// <summary>
/// Shifts each image by a whole number of pixels on each axis, and fills the gap with the nearest edge pixel or with one
/// value; <see cref="RandomCrop"/> is for windows of another size and for mirrored borders.
/// </summary>
public sealed record Translate : IBatchTransform
{
    /// <summary>A shift of up to <paramref name="pixels"/>.</summary>
    /// <param name="pixels">Largest shift to each side, at least 1; all shifts from −pixels to pixels are equally likely.</param>
    /// <param name="fill">Value of all channels where nothing was, in the images' units; null for the nearest pixel of the edge.</param>
    /// <exception cref="ArgumentOutOfRangeException">The shift is less than 1, or the value is not finite.</exception>
    public Translate(int pixels, double? fill = null)
    {
        Pixels = Check.AtLeast(1, pixels);
        Fill = fill is { } value ? Check.Finite(value, nameof(fill)) : null;
    }

    /// <summary>Largest shift to each side in pixels.</summary>
    public int Pixels { get; }

    /// <summary>Value where nothing was; null for the nearest pixel of the edge.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? Fill { get; }

    IBatchTransform? IBatchTransform.ForValidation => null;

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The images are uint8 and the fill value is no whole number 0–255.</exception>
    public Tensor Apply(Tensor images, BatchContext context)
    {
        FillValue.CheckFits(Fill ?? 0, images);
        using var scope = NewDisposeScope();
        var pixels = ChannelsLast.Pixels(images);
        var padded = Fill is { } value ? Surround.WithConstant(pixels, Pixels, value) : Surround.WithEdge(pixels, Pixels);
        var down = Windows.Places(Stream("rows", context), (2 * Pixels) + 1, context.Samples);
        var right = Windows.Places(Stream("columns", context), (2 * Pixels) + 1, context.Samples);
        return ChannelsLast.Images(Windows.Cut(padded, down, right, images.size(2), images.size(3))).MoveToOuterDisposeScope();
    }

    private static CounterRandom Stream(string axis, BatchContext context) => new(context.Seed, $"{nameof(Translate)}.{axis}", context.Epoch);
}
