namespace Inception.Evaluation;

/// <summary>
/// The ten crops of AlexNet (Krizhevsky et al., 2012, section 4.1): of the 256×256 square in the middle of the image, whose shorter side is
/// brought to 256 pixels, the four corners and the middle of 224×224 pixels, each with its mirror image; for networks of another input size
/// in proportion.
/// </summary>
public sealed record TenCrops : IViews
{
    /// <inheritdoc/>
    public IReadOnlyList<View> Of(int height, int width, int size)
    {
        var side = CropGeometry.InProportion(256, size);
        var scaled = CropGeometry.ShortSide(height, width, side);
        var crops = CropGeometry.CornersAndMiddle(CropGeometry.Middle(scaled, side), size)
            .Select(window => new View { Weight = 0.2, Scaled = scaled, Window = window, Size = size });
        return CropGeometry.WithMirrorImages(CropGeometry.Merged(crops));
    }
}
