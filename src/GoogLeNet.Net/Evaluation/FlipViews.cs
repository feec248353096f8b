namespace Inception.Evaluation;

/// <summary>The image and its mirror image, with equal weights.</summary>
public sealed record FlipViews : IViews
{
    /// <inheritdoc/>
    public IReadOnlyList<View> Of(int height, int width, int size) => CropGeometry.WithMirrorImages([CropGeometry.Whole(height, width)]);
}
