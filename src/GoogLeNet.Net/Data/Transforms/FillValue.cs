using static TorchSharp.torch;

namespace Inception.Data;

/// <summary>A value that a transform writes into images.</summary>
internal static class FillValue
{
    /// <summary>Refuses a value that uint8 images cannot hold.</summary>
    public static void CheckFits(double fill, Tensor images)
    {
        if (images.dtype == ScalarType.Byte && (fill is < 0 or > 255 || fill != Math.Floor(fill)))
        {
            throw new ArgumentException(
                FormattableString.Invariant($"fill is {fill}; in uint8 images it must be a whole number 0 to 255."), nameof(images));
        }
    }
}
