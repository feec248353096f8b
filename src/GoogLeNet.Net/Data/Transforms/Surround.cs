using static TorchSharp.torch;

namespace Inception.Data;

/// <summary>
/// Puts pixels on all four sides of (N, H, W, C). libtorch's own mirrored and edge padding take no uint8 and know no channels-last memory.
/// </summary>
internal static class Surround
{
    /// <summary>One value on all sides.</summary>
    public static Tensor WithConstant(Tensor pixels, int padding, double value)
    {
        var padded = Canvas(pixels, padding);
        padded.fill_(value);
        Inside(padded, pixels, padding);
        return padded;
    }

    /// <summary>The image mirrored about its outermost pixels; the padding is less than height and width.</summary>
    public static Tensor WithMirror(Tensor pixels, int padding) => WithSides(pixels, padding, (part, axis, end) =>
        (part.narrow(axis, padding + 1, padding).flip(axis), part.narrow(axis, end - 1 - padding, padding).flip(axis)));

    /// <summary>The outermost pixels, repeated.</summary>
    public static Tensor WithEdge(Tensor pixels, int padding) => WithSides(pixels, padding, (part, axis, end) =>
        (part.narrow(axis, padding, 1), part.narrow(axis, end - 1, 1)));

    // The columns beside the image, then the rows above and below, corners included.
    private static Tensor WithSides(Tensor pixels, int padding, Func<Tensor, int, long, (Tensor Before, Tensor After)> sides)
    {
        var padded = Canvas(pixels, padding);
        Inside(padded, pixels, padding);
        for (var axis = 2; axis >= 1; axis--)
        {
            var end = padded.shape[axis] - padding;
            var part = axis == 2 ? padded.narrow(1, padding, pixels.shape[1]) : padded;
            var (before, after) = sides(part, axis, end);
            part.narrow(axis, 0, padding).copy_(before);
            part.narrow(axis, end, padding).copy_(after);
        }

        return padded;
    }

    private static Tensor Canvas(Tensor pixels, int padding)
    {
        var shape = pixels.shape;
        return empty([shape[0], shape[1] + (2 * padding), shape[2] + (2 * padding), shape[3]], pixels.dtype, pixels.device);
    }

    private static void Inside(Tensor padded, Tensor pixels, int padding) =>
        padded.narrow(1, padding, pixels.shape[1]).narrow(2, padding, pixels.shape[2]).copy_(pixels);
}
