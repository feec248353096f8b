using System.Runtime.CompilerServices;
using Inception.Pictures;
using TorchSharp;
using static TorchSharp.torch;

namespace Inception.Data;

/// <summary>How a picture is brought to a size of other proportions.</summary>
public enum ImageFit
{
    /// <summary>Resizes the relatively shorter side to fit and cuts out the middle, as torchvision's Resize and CenterCrop do.</summary>
    Crop,

    /// <summary>Resizes both sides; proportions change.</summary>
    Stretch,
}

/// <summary>The library's one way of resizing pictures: bilinear with antialiasing, as Pillow and torchvision do it.</summary>
internal static class PictureResize
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

    /// <summary>Pictures of that size.</summary>
    /// <param name="images">uint8 or float32, (C, H, W) or (N, C, H, W). Of uint8 on a GPU it is computed in float32 and rounded, which may differ by 1.</param>
    /// <param name="height">Height of the result.</param>
    /// <param name="width">Width of the result.</param>
    /// <param name="fit">What happens to other proportions.</param>
    /// <returns>(C, height, width) or (N, C, height, width) of the same type on the same device.</returns>
    internal static Tensor Fit(Tensor images, int height, int width, ImageFit fit)
    {
        using var scope = NewDisposeScope();
        var (vertical, horizontal) = PictureAxis.Of((int)images.shape[^2], (int)images.shape[^1], height, width, fit == ImageFit.Stretch);

        var source = (images.dim() == 3 ? images.unsqueeze(0) : images).narrow(2, vertical.Start, vertical.Length).narrow(3, horizontal.Start, horizontal.Length);
        var resized = Interpolate(source, vertical.Resized, horizontal.Resized)
            .narrow(2, vertical.Skipped, height).narrow(3, horizontal.Skipped, width).contiguous();
        return (images.dim() == 3 ? resized.squeeze(0) : resized).MoveToOuterDisposeScope();
    }

    /// <summary>Sides of the whole picture after resizing, before the middle is cut out.</summary>
    public static (long Height, long Width) Resized(int rows, int columns, int height, int width, ImageFit fit) => PictureAxis.Whole(rows, columns, height, width, fit == ImageFit.Stretch);

    // Torch interpolates 8-bit values on the CPU alone, and fails where a single pixel comes out (2.10, UpSampleKernelAVXAntialias.h).
    private static Tensor Interpolate(Tensor images, long height, long width) =>
        images.dtype == ScalarType.Float32 || (images.device_type == DeviceType.CPU && height * width > 1) ? Bilinear(images, height, width)
        : Bilinear(images.to(ScalarType.Float32), height, width).round_().to(ScalarType.Byte);

    private static Tensor Bilinear(Tensor images, long height, long width) =>
        nn.functional.interpolate(images, [height, width], mode: InterpolationMode.Bilinear, align_corners: false, antialias: true);
}
