using System.Text.Json.Serialization;

namespace Inception.Evaluation;

/// <summary>The views of an image that a prediction is averaged over.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "views")]
[JsonDerivedType(typeof(IdentityView), "identity")]
[JsonDerivedType(typeof(FlipViews), "flip")]
[JsonDerivedType(typeof(TranslationViews), "translations")]
[JsonDerivedType(typeof(CenterCropView), "centerCrop")]
[JsonDerivedType(typeof(TenCrops), "tenCrops")]
[JsonDerivedType(typeof(PaperCrops), "paperCrops")]
public interface IViews
{
    /// <summary>Creates the views of an image: all different, with weights that add up to 1.</summary>
    /// <param name="height">Height of the image in pixels, at least 1.</param>
    /// <param name="width">Width of the image in pixels, at least 1.</param>
    /// <param name="size">Height and width that the network takes, at least 1.</param>
    /// <exception cref="ArgumentException">The image is too small for these views.</exception>
    IReadOnlyList<View> Create(int height, int width, int size);
}

/// <summary>The library's own views.</summary>
public static class Views
{
    /// <summary>Gets the image as it is.</summary>
    public static IViews Identity { get; } = new IdentityView();

    /// <summary>Gets the image and its mirror image, with equal weights.</summary>
    public static IViews Flip { get; } = new FlipViews();

    /// <summary>Gets the square in the middle of the image, resized to the network's input size: the usual choice for photographs. Of a square image it is the whole.</summary>
    public static IViews CenterCrop { get; } = new CenterCropView();

    /// <summary>
    /// Gets the ten crops of AlexNet (Krizhevsky et al., 2012, section 4.1): of the 256×256 square in the middle of the image, whose shorter side is
    /// brought to 256 pixels, the four corners and the middle of 224×224 pixels, each with its mirror image; for networks of another input size
    /// in proportion.
    /// </summary>
    public static IViews TenCrops { get; } = new TenCrops();

    /// <summary>
    /// Gets the 144 crops of the paper (arXiv:1409.4842, section 7): the shorter side is brought to 256, 288, 320 and 352 pixels; of each the left,
    /// middle and right square (upper, middle and lower of portraits) is taken; of each square the four corners and the middle of 224×224 pixels
    /// and the square itself resized to 224×224; each with its mirror image. For networks of another input size in proportion.
    /// </summary>
    /// <remarks>The three squares of a square image are one: 48 different crops are left, with the weights of the 144.</remarks>
    public static IViews PaperCrops { get; } = new PaperCrops();

    /// <summary>
    /// The image, and the image moved along its diagonal in both directions and mirrored at the edges; each with its mirror image. The unmoved views have half
    /// of the weight, as in cifar10-airbench, which averages logits instead of probabilities.
    /// </summary>
    /// <param name="pixels">How far the image moves down and right, and up and left; at least 1, less than its sides. Default 1.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="pixels"/> is less than 1.</exception>
    public static IViews Translations(int pixels = 1) => new TranslationViews(pixels);
}

/// <inheritdoc cref="Views.Identity"/>
internal sealed record IdentityView : IViews
{
    /// <inheritdoc/>
    public IReadOnlyList<View> Create(int height, int width, int size) => [CropGeometry.Whole(height, width)];
}

/// <inheritdoc cref="Views.CenterCrop"/>
internal sealed record CenterCropView : IViews
{
    /// <inheritdoc/>
    public IReadOnlyList<View> Create(int height, int width, int size)
    {
        var scaled = CropGeometry.ShortSide(height, width, size);
        return [new View { Weight = 1, Scaled = scaled, Window = CropGeometry.Middle(scaled, size), Size = size }];
    }
}

/// <inheritdoc cref="Views.Flip"/>
internal sealed record FlipViews : IViews
{
    /// <inheritdoc/>
    public IReadOnlyList<View> Create(int height, int width, int size) => CropGeometry.WithMirrorImages([CropGeometry.Whole(height, width)]);
}

/// <inheritdoc cref="Views.TenCrops"/>
internal sealed record TenCrops : IViews
{
    /// <inheritdoc/>
    public IReadOnlyList<View> Create(int height, int width, int size)
    {
        var side = CropGeometry.InProportion(256, size);
        var scaled = CropGeometry.ShortSide(height, width, side);
        var crops = CropGeometry.CornersAndMiddle(CropGeometry.Middle(scaled, side), size)
            .Select(window => new View { Weight = 0.2, Scaled = scaled, Window = window, Size = size });
        return CropGeometry.WithMirrorImages(CropGeometry.Merged(crops));
    }
}

/// <inheritdoc cref="Views.PaperCrops"/>
internal sealed record PaperCrops : IViews
{
    private static readonly int[] ShortSides = [256, 288, 320, 352];

    /// <inheritdoc/>
    public IReadOnlyList<View> Create(int height, int width, int size)
    {
        var crops = from shortSide in ShortSides
                    let side = CropGeometry.InProportion(shortSide, size)
                    let scaled = CropGeometry.ShortSide(height, width, side)
                    from square in CropGeometry.Squares(scaled, side)
                    from window in CropGeometry.CornersAndMiddle(square, size).Append(square)
                    select new View { Weight = 1 / 72.0, Scaled = scaled, Window = window, Size = size };
        return CropGeometry.WithMirrorImages(CropGeometry.Merged(crops));
    }
}

/// <inheritdoc cref="Views.Translations"/>
internal sealed record TranslationViews : IViews
{
    public TranslationViews(int pixels = 1) => Pixels = Check.AtLeast(1, pixels);

    /// <summary>How far the image moves, in its own pixels.</summary>
    public int Pixels { get; }

    /// <inheritdoc/>
    public IReadOnlyList<View> Create(int height, int width, int size)
    {
        if (Pixels >= Math.Min(height, width))
        {
            throw new ArgumentException($"Images of {height}×{width} pixels cannot be moved by {Pixels}: it must be less than their sides.", nameof(height));
        }

        View Moved(int by, double weight) => new() { Weight = weight, Window = new Window(-by, -by, height, width) };

        return CropGeometry.WithMirrorImages([Moved(0, 0.5), Moved(Pixels, 0.25), Moved(-Pixels, 0.25)]);
    }
}

/// <summary>Sizes and places of crops.</summary>
internal static class CropGeometry
{
    /// <summary>The input size of the networks that the published protocols are for.</summary>
    private const int PublishedSize = 224;

    /// <summary>The image as it is.</summary>
    public static View Whole(int height, int width) => new() { Weight = 1, Window = new Window(0, 0, height, width) };

    /// <summary>A length published for input of 224 pixels, scaled to input of <paramref name="size"/>; halves are rounded up.</summary>
    public static int InProportion(int length, int size) => Rounded((double)length * size / PublishedSize);

    /// <summary>The size of an image after its shorter side is resized to <paramref name="side"/>, proportions kept.</summary>
    public static (int Height, int Width) ShortSide(int height, int width, int side)
    {
        Check.AtLeast(1, height);
        Check.AtLeast(1, width);
        Check.AtLeast(1, side);
        return height <= width
            ? (side, Rounded((double)width * side / height))
            : (Rounded((double)height * side / width), side);
    }

    /// <summary>The square of <paramref name="side"/> in the middle.</summary>
    public static Window Middle((int Height, int Width) image, int side) => new((image.Height - side) / 2, (image.Width - side) / 2, side, side);

    /// <summary>The squares at both ends and in the middle of an image whose shorter side is <paramref name="side"/>.</summary>
    public static IEnumerable<Window> Squares((int Height, int Width) image, int side) =>
        [new(0, 0, side, side), Middle(image, side), new(image.Height - side, image.Width - side, side, side)];

    /// <summary>Upper left, upper right, lower left, lower right, middle.</summary>
    public static IEnumerable<Window> CornersAndMiddle(Window square, int size)
    {
        var room = square.Height - size;
        return new[] { (0, 0), (0, room), (room, 0), (room, room), (room / 2, room / 2) }
            .Select(offset => new Window(square.Top + offset.Item1, square.Left + offset.Item2, size, size));
    }

    /// <summary>Equal views merged into one with the sum of their weights.</summary>
    public static IEnumerable<View> Merged(IEnumerable<View> views) =>
        views.GroupBy(view => view with { Weight = 0 }).Select(alike => alike.Key with { Weight = alike.Sum(view => view.Weight) });

    /// <summary>Each view and its mirror image, with half of its weight each.</summary>
    public static IReadOnlyList<View> WithMirrorImages(IEnumerable<View> views) =>
        [.. views.Select(view => view with { Weight = view.Weight / 2, Mirrored = false }).SelectMany(view => (View[])[view, view with { Mirrored = true }])];

    private static int Rounded(double length) => (int)Math.Round(length, MidpointRounding.AwayFromZero);
}
