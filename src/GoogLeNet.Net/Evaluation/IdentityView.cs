namespace Inception.Evaluation;

/// <summary>The image as it is.</summary>
public sealed record IdentityView : IViews
{
    /// <inheritdoc/>
    public IReadOnlyList<View> Of(int height, int width, int size) => [CropGeometry.Whole(height, width)];
}
