using System.Runtime.CompilerServices;

namespace Inception.Data;

/// <summary>Brings a picture to a given size.</summary>
internal static class ImageResize
{
    /// <summary>Largest side of a result, in pixels.</summary>
    public const int MaxSide = 1 << 14;

    /// <exception cref="ArgumentOutOfRangeException">A side is out of range.</exception>
    public static void CheckSide(int size, [CallerArgumentExpression(nameof(size))] string name = "")
    {
        if (size is < 1 or > MaxSide)
        {
            throw new ArgumentOutOfRangeException(name, size, $"{name} is {size}; it must be 1 to {MaxSide}.");
        }
    }

    /// <summary>Writes the picture as R, G and B planes of that size.</summary>
    public static void Fit(RgbImage image, int width, int height, ImageFit fit, Span<byte> planes)
    {
        var (across, down) = ((long)width, (long)height);
        if (fit == ImageFit.Crop)
        {
            // torchvision: the longer side becomes int(size · long / short).
            if ((long)image.Width * height < (long)image.Height * width)
            {
                down = (long)width * image.Height / image.Width;
            }
            else
            {
                across = (long)height * image.Width / image.Height;
            }
        }

        TriangleScaler.Resample(
            image,
            new(image.Width, across, Middle(across, width), width),
            new(image.Height, down, Middle(down, height), height),
            planes);
    }

    // As torchvision's CenterCrop: halves round to even.
    private static long Middle(long all, int part) => (long)Math.Round((all - part) / 2.0, MidpointRounding.ToEven);
}
