using static TorchSharp.torch;

namespace Inception.Data;

/// <summary>Cuts a window out of each image of a batch, all of them with one copy.</summary>
internal static class Windows
{
    /// <summary>Cuts windows of one size.</summary>
    /// <param name="pixels">(N, H, W, C), contiguous, with storage offset 0.</param>
    /// <param name="top">First row of each image's window.</param>
    /// <param name="left">First column of each image's window.</param>
    /// <param name="height">Rows of a window.</param>
    /// <param name="width">Columns of a window.</param>
    /// <returns>(N, height, width, C), contiguous; intermediate tensors stay in the caller's scope.</returns>
    public static Tensor Cut(Tensor pixels, int[] top, int[] left, long height, long width)
    {
        var shape = pixels.shape;
        long channels = shape[3], row = shape[2] * channels, plane = shape[1] * row;
        var starts = new long[top.Length];
        for (var n = 0; n < starts.Length; n++)
        {
            starts[n] = (n * plane) + (top[n] * row) + (left[n] * channels);
        }

        // With strides (1, row, 1) the batch is a list of windows, one that starts at each element.
        var places = (shape[0] * plane) - ((height - 1) * row) - (width * channels) + 1;
        var windows = pixels.as_strided([places, height, width * channels], [1, row, 1]);
        return windows.index_select(0, tensor(starts).SentTo(pixels.device)).view(shape[0], height, width, channels);
    }

    /// <summary>A uniform offset in 0 … <paramref name="places"/> − 1 for each sample.</summary>
    public static int[] Places(CounterRandom random, int places, IReadOnlyList<long> samples)
    {
        var chosen = new int[samples.Count];
        for (var i = 0; i < chosen.Length; i++)
        {
            chosen[i] = random.Below(places, samples[i]);
        }

        return chosen;
    }
}

/// <summary>
/// Pads (N, H, W, C) on all four sides. libtorch's reflection and edge padding do not support uint8 or channels-last memory.
/// </summary>
internal static class Surround
{
    /// <summary>Pads with one value.</summary>
    public static Tensor WithConstant(Tensor pixels, int padding, double value)
    {
        var padded = Canvas(pixels, padding);
        padded.Fill_(value);
        Inside(padded, pixels, padding);
        return padded;
    }

    /// <summary>Pads with the image mirrored about its outermost pixels; the padding must be less than height and width.</summary>
    public static Tensor WithMirror(Tensor pixels, int padding) => WithSides(pixels, padding, (part, axis, end) =>
        (part.narrow(axis, padding + 1, padding).flip(axis), part.narrow(axis, end - 1 - padding, padding).flip(axis)));

    /// <summary>Pads with the outermost pixels.</summary>
    public static Tensor WithEdge(Tensor pixels, int padding) => WithSides(pixels, padding, (part, axis, end) =>
        (part.narrow(axis, padding, 1), part.narrow(axis, end - 1, 1)));

    // First the columns beside the image, then whole rows above and below, which brings the corners.
    private static Tensor WithSides(Tensor pixels, int padding, Func<Tensor, int, long, (Tensor Before, Tensor After)> sides)
    {
        var padded = Canvas(pixels, padding);
        Inside(padded, pixels, padding);
        for (var axis = 2; axis >= 1; axis--)
        {
            var end = padded.shape[axis] - padding;
            var part = axis == 2 ? padded.narrow(1, padding, pixels.size(1)) : padded;
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
        padded.narrow(1, padding, pixels.size(1)).narrow(2, padding, pixels.size(2)).copy_(pixels);
}

/// <summary>A value that a transform writes into images.</summary>
internal static class FillValue
{
    /// <summary>Refuses a value that uint8 images cannot hold.</summary>
    public static void CheckFits(double fill, Tensor images)
    {
        if (images.dtype == ScalarType.Byte && (fill is < 0 or > 255 || fill != Math.Floor(fill)))
        {
            throw new ArgumentException(
                FormattableString.Invariant($"fill is {fill}; in uint8 images it must be a whole number 0 to 255."), nameof(images));
        }
    }
}
