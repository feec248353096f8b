namespace Inception.Evaluation;

/// <summary>The square in the middle of the image, brought to the network's size: how one looks at a photo. A square image is seen whole.</summary>
public sealed record CenterCropView : IViews
{
    /// <inheritdoc/>
    public IReadOnlyList<View> Of(int height, int width, int size)
    {
        var scaled = CropGeometry.ShortSide(height, width, size);
        return [new View { Weight = 1, Scaled = scaled, Window = CropGeometry.Middle(scaled, size), Size = size }];
    }
}
