namespace Inception.Evaluation;

/// <summary>
/// The image, and the image moved along its diagonal both ways, what comes in at the edges being the inside mirrored; each with its mirror
/// image. The views in the middle have half of the weight, as in cifar10-airbench, which however averages logits.
/// </summary>
public sealed record TranslationViews : IViews
{
    /// <summary>Six views, moved by <paramref name="pixels"/>.</summary>
    /// <param name="pixels">How far the image moves down and right, and up and left; at least 1, less than its sides. Default 1.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="pixels"/> is less than 1.</exception>
    public TranslationViews(int pixels = 1) => Pixels = Check.AtLeast(1, pixels);

    /// <summary>How far the image moves, in its own pixels.</summary>
    public int Pixels { get; }

    /// <inheritdoc/>
    public IReadOnlyList<View> Of(int height, int width, int size)
    {
        if (Pixels >= Math.Min(height, width))
        {
            throw new ArgumentException($"Images of {height}×{width} pixels cannot be moved by {Pixels}: it must be less than their sides.", nameof(height));
        }

        View Moved(int by, double weight) => new() { Weight = weight, Window = new Window(-by, -by, height, width) };

        return CropGeometry.WithMirrorImages([Moved(0, 0.5), Moved(Pixels, 0.25), Moved(-Pixels, 0.25)]);
    }
}
