namespace Inception.Evaluation;

/// <summary>
/// The 144 crops of the paper (arXiv:1409.4842, section 7): the shorter side is brought to 256, 288, 320 and 352 pixels; of each the left,
/// middle and right square (upper, middle and lower of portraits) is taken; of each square the four corners and the middle of 224×224 pixels
/// and the square itself resized to 224×224; each with its mirror image. For networks of another input size in proportion.
/// </summary>
/// <remarks>The three squares of a square image are one: 48 different crops are left, with the weights of the 144.</remarks>
public sealed record PaperCrops : IViews
{
    private static readonly int[] ShortSides = [256, 288, 320, 352];

    /// <inheritdoc/>
    public IReadOnlyList<View> Of(int height, int width, int size)
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
