namespace Inception.Evaluation;

/// <summary>Where crops lie.</summary>
internal static class CropGeometry
{
    /// <summary>The input size of the networks that the published protocols are for.</summary>
    private const int PublishedSize = 224;

    /// <summary>The image as it is.</summary>
    public static View Whole(int height, int width) => new() { Weight = 1, Window = new Window(0, 0, height, width) };

    /// <summary>A length given for input of 224 pixels, for input of <paramref name="size"/>; halves are rounded up.</summary>
    public static int InProportion(int length, int size) => Rounded((double)length * size / PublishedSize);

    /// <summary>The size of an image whose shorter side is brought to <paramref name="side"/>, its shape kept.</summary>
    public static ImageSize ShortSide(int height, int width, int side)
    {
        Check.AtLeast(1, height);
        Check.AtLeast(1, width);
        Check.AtLeast(1, side);
        return height <= width
            ? new ImageSize(side, Rounded((double)width * side / height))
            : new ImageSize(Rounded((double)height * side / width), side);
    }

    /// <summary>The square of <paramref name="side"/> in the middle.</summary>
    public static Window Middle(ImageSize image, int side) => new((image.Height - side) / 2, (image.Width - side) / 2, side, side);

    /// <summary>The squares at both ends and in the middle of an image whose shorter side is <paramref name="side"/>.</summary>
    public static IEnumerable<Window> Squares(ImageSize image, int side) =>
        [new(0, 0, side, side), Middle(image, side), new(image.Height - side, image.Width - side, side, side)];

    /// <summary>Upper left, upper right, lower left, lower right, middle.</summary>
    public static IEnumerable<Window> CornersAndMiddle(Window square, int size)
    {
        var room = square.Height - size;
        return new[] { (0, 0), (0, room), (room, 0), (room, room), (room / 2, room / 2) }
            .Select(offset => new Window(square.Top + offset.Item1, square.Left + offset.Item2, size, size));
    }

    /// <summary>Each view once, with the weights of all that are like it.</summary>
    public static IEnumerable<View> Merged(IEnumerable<View> views) =>
        views.GroupBy(view => view with { Weight = 0 }).Select(alike => alike.Key with { Weight = alike.Sum(view => view.Weight) });

    /// <summary>Each view and its mirror image, which share its weight.</summary>
    public static IReadOnlyList<View> WithMirrorImages(IEnumerable<View> views) =>
        [.. views.SelectMany(view => new[] { false, true }.Select(mirrored => view with { Weight = view.Weight / 2, Mirrored = mirrored }))];

    private static int Rounded(double length) => (int)Math.Round(length, MidpointRounding.AwayFromZero);
}
