using static TorchSharp.torch;

namespace Inception.Data;

/// <summary>Cuts the square in the middle of each image, with zeros around images that are smaller: torchvision's <c>CenterCrop</c>.</summary>
public sealed record CenterCrop : IBatchTransform
{
    /// <summary>A crop of <paramref name="size"/>×<paramref name="size"/> pixels.</summary>
    /// <param name="size">Height and width of the result, at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">The size is less than 1.</exception>
    public CenterCrop(int size) => Size = Check.AtLeast(1, size);

    /// <summary>Height and width of the result in pixels.</summary>
    public int Size { get; }

    /// <inheritdoc/>
    public Tensor Apply(Tensor images, BatchContext context)
    {
        using var scope = NewDisposeScope();
        var pixels = ChannelsLast.Pixels(images);
        var shape = pixels.shape;
        var (height, width) = (Math.Max(shape[1], Size), Math.Max(shape[2], Size));
        if ((height, width) != (shape[1], shape[2]))
        {
            var canvas = zeros([shape[0], height, width, shape[3]], images.dtype, images.device);
            canvas.narrow(1, (height - shape[1]) / 2, shape[1]).narrow(2, (width - shape[2]) / 2, shape[2]).copy_(pixels);
            pixels = canvas;
        }

        // As torchvision: halves round to even.
        var (top, left) = ((long)Math.Round((height - Size) / 2.0), (long)Math.Round((width - Size) / 2.0));
        return ChannelsLast.Images(pixels.narrow(1, top, Size).narrow(2, left, Size).clone()).MoveToOuterDisposeScope();
    }
}
