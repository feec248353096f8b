namespace Inception.Pictures;

/// <summary>One axis of a picture that is brought to another size: the part that is resized, its length then, and how much of that stands before the part that is wanted.</summary>
internal readonly record struct PictureAxis(long Start, long Length, long Resized, long Skipped)
{
    // Of pictures longer than this many results only the middle is resized; what a result is made of is at most half an output pixel beside where it would else be.
    private const int MostLengths = 8;

    /// <summary>Both axes of a picture.</summary>
    /// <param name="rows">Its height.</param>
    /// <param name="columns">Its width.</param>
    /// <param name="height">Height of the result.</param>
    /// <param name="width">Width of the result.</param>
    /// <param name="stretches">Whether proportions change; otherwise the relatively shorter side fits and the middle is cut out.</param>
    public static (PictureAxis Vertical, PictureAxis Horizontal) Of(int rows, int columns, int height, int width, bool stretches)
    {
        var (down, across) = Whole(rows, columns, height, width, stretches);
        return (Of(rows, down, height, columns, width), Of(columns, across, width, rows, height));
    }

    /// <summary>Sides of the whole picture after resizing, before the middle is cut out: torchvision's longer side is int(size · long / short).</summary>
    public static (long Height, long Width) Whole(int rows, int columns, int height, int width, bool stretches) =>
        stretches ? (height, width)
        : (long)columns * height < (long)rows * width ? ((long)width * rows / columns, width)
        : (height, (long)height * columns / rows);

    /// <param name="length">Length of the picture.</param>
    /// <param name="resized">Length of the whole picture after resizing.</param>
    /// <param name="wanted">Length of the result.</param>
    /// <param name="otherLength">The other side of the picture.</param>
    /// <param name="otherWanted">The other side of the result.</param>
    private static PictureAxis Of(long length, long resized, long wanted, long otherLength, long otherWanted)
    {
        // As torchvision's CenterCrop: halves round to even.
        var skipped = (long)Math.Round((resized - wanted) / 2.0, MidpointRounding.ToEven);
        if (resized <= MostLengths * Math.Max(wanted, otherWanted))
        {
            return new PictureAxis(0, length, resized, skipped);
        }

        // As many squares (at equal sides of the result) as the middle touches, and one more at each end for the antialiasing.
        var before = (skipped / otherWanted) - 1;
        var count = (wanted / otherWanted) + 4;
        return new PictureAxis(before * otherLength, count * otherLength, count * otherWanted, skipped - (before * otherWanted));
    }
}
