using System.Text.Json.Serialization;
using static TorchSharp.torch;

namespace Inception.Data;

/// <summary>
/// Pads on all sides and cuts a window at a random place. The window has the images' size, or one of its own;
/// <see cref="Translate"/> shifts without changing the size and fills with one value or the edge.
/// </summary>
public sealed record RandomCrop : IBatchTransform
{
    /// <summary>A crop after padding.</summary>
    /// <param name="padding">Pixels on each side, at least 1; at least 0 with a size.</param>
    /// <param name="mode">What the pixels on the sides are; mirrored ones need a padding less than the images' height and width.</param>
    /// <param name="size">Height and width of the window, at least 1 and at most the padded images'; null for the images' own size.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of range.</exception>
    public RandomCrop(int padding, CropPadding mode = CropPadding.Zero, int? size = null)
    {
        Padding = Check.AtLeast(size is null ? 1 : 0, padding);
        Mode = mode;
        Size = size is { } given ? Check.AtLeast(1, given, nameof(size)) : null;
    }

    /// <summary>Pixels on each side; offsets are uniform over all places where the window fits.</summary>
    public int Padding { get; }

    /// <summary>What the pixels on the sides are.</summary>
    public CropPadding Mode { get; }

    /// <summary>Height and width of the window in pixels; null for the images' own size.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? Size { get; }

    IBatchTransform? IBatchTransform.ForValidation => Size is { } size ? new CenterCrop(size) : null;

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The images are too small for the padding or the window.</exception>
    public Tensor Apply(Tensor images, BatchContext context)
    {
        int height = (int)images.size(2), width = (int)images.size(3);
        int rows = Size ?? height, columns = Size ?? width;
        if (rows > height + (2 * Padding) || columns > width + (2 * Padding) || (Mode == CropPadding.Reflect && Padding >= Math.Min(height, width)))
        {
            throw new ArgumentException(
                $"RandomCrop with padding {Padding} ({Mode}) cannot cut {rows}×{columns} from images of {height}×{width}.", nameof(images));
        }

        using var scope = NewDisposeScope();
        var pixels = ChannelsLast.Pixels(images);
        var padded = Padding == 0 ? pixels.clone()
            : Mode == CropPadding.Reflect ? Surround.WithMirror(pixels, Padding)
            : Surround.WithConstant(pixels, Padding, 0);
        var top = Windows.Places(Stream("rows", context), height + (2 * Padding) - rows + 1, context.Samples);
        var left = Windows.Places(Stream("columns", context), width + (2 * Padding) - columns + 1, context.Samples);
        return ChannelsLast.Images(Windows.Cut(padded, top, left, rows, columns)).MoveToOuterDisposeScope();
    }

    private static CounterRandom Stream(string axis, BatchContext context) => new(context.Seed, $"{nameof(RandomCrop)}.{axis}", context.Epoch);
}

/// <summary>What surrounds an image before <see cref="RandomCrop"/> cuts a window.</summary>
public enum CropPadding
{
    /// <summary>Zeros.</summary>
    Zero,

    /// <summary>The image mirrored about its outermost pixels, which are not repeated (cifar10-airbench's choice).</summary>
    Reflect,
}
