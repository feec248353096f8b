using static TorchSharp.torch;

namespace Inception.Evaluation;

/// <summary>A part of an image. It may reach beyond the edges by less than the image's side; there the image is mirrored.</summary>
/// <param name="Top">First row, 0 at the image's upper edge.</param>
/// <param name="Left">First column, 0 at the image's left edge.</param>
/// <param name="Height">Rows, at least 1.</param>
/// <param name="Width">Columns, at least 1.</param>
public readonly record struct Window(int Top, int Left, int Height, int Width);

/// <summary>One view of an image: the image is resized, a window is cut out, the window is resized and mirrored, in this order.</summary>
public sealed record View
{
    /// <summary>Fraction of this view in the average, in (0, 1].</summary>
    public required double Weight { get; init; }

    /// <summary>The size that the whole image is resized to first; null for its own.</summary>
    public (int Height, int Width)? Scaled { get; init; }

    /// <summary>The part that is cut out.</summary>
    public required Window Window { get; init; }

    /// <summary>Height and width of the result; null for the window's. With it, transforms that change the size are not applied to the view.</summary>
    public int? Size { get; init; }

    /// <summary>Whether the result is mirrored left to right.</summary>
    public bool Mirrored { get; init; }

    /// <summary>Computes the view of every image of a batch.</summary>
    /// <param name="images">(N, C, H, W), uint8 or float32, of the height and width that the view was made for; left as it is.</param>
    /// <returns>
    /// (N, C, h, w) on the same device in the same units: of the images' type where pixels only move inside the image, else float32, mirrored about the edges or
    /// interpolated bilinearly, with antialiasing where it shrinks. It may share memory with <paramref name="images"/>.
    /// </returns>
    public Tensor Apply(Tensor images)
    {
        using var scaled = Scale(images);
        return CutOut(scaled);
    }

    /// <summary>The whole images, resized to <see cref="Scaled"/>; of the caller's dispose scope.</summary>
    internal Tensor Scale(Tensor images)
    {
        using var scope = NewDisposeScope();
        return (Scaled is { } whole ? Resized(images, whole) : images.alias()).MoveToOuterDisposeScope();
    }

    /// <summary>The rest of <see cref="Apply"/>, of images that <see cref="Scale"/> gave.</summary>
    internal Tensor CutOut(Tensor scaled)
    {
        using var scope = NewDisposeScope();
        var cut = Cut(scaled);
        var sized = Size is { } side ? Resized(cut, (side, side)) : cut;
        return (Mirrored ? sized.flip(3) : sized).MoveToOuterDisposeScope();
    }

    private static Tensor Resized(Tensor images, (int Height, int Width) size) =>
        (images.shape[2], images.shape[3]) == size
            ? images.alias()
            : nn.functional.interpolate(
                images.to(ScalarType.Float32), [size.Height, size.Width], mode: InterpolationMode.Bilinear, align_corners: false, antialias: true);

    private Tensor Cut(Tensor images)
    {
        int height = (int)images.shape[2], width = (int)images.shape[3];
        int above = Math.Max(0, -Window.Top), below = Math.Max(0, Window.Top + Window.Height - height);
        int before = Math.Max(0, -Window.Left), after = Math.Max(0, Window.Left + Window.Width - width);
        if (Math.Max(above, below) >= height || Math.Max(before, after) >= width)
        {
            throw new ArgumentException($"The {Window} reaches beyond images of {height}×{width} pixels by as much as they measure.", nameof(images));
        }

        // libtorch mirrors floating point only.
        var padded = above + below + before + after == 0
            ? images
            : nn.functional.pad(images.to(ScalarType.Float32), (before, after, above, below), TorchSharp.PaddingModes.Reflect);
        return padded.narrow(2, Window.Top + above, Window.Height).narrow(3, Window.Left + before, Window.Width);
    }
}
