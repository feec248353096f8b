using static TorchSharp.torch;

namespace Inception.Data;

/// <summary>
/// Overwrites a square around a random pixel of each image, as far as it lies inside (DeVries and Taylor, "Improved regularization of
/// convolutional neural networks with cutout", 2017, section 3.2).
/// </summary>
public sealed record Cutout : IBatchTransform
{
    /// <summary>A square of <paramref name="size"/>×<paramref name="size"/> pixels.</summary>
    /// <param name="size">Height and width of the square in pixels, at least 1; its center may be any pixel, so that borders cut it.</param>
    /// <param name="fill">Value of all channels in the square, in the units of the incoming images; 0 is the mean after <see cref="Normalize"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">The size is less than 1, or the value is not finite.</exception>
    public Cutout(int size, double fill = 0)
    {
        Size = Check.AtLeast(1, size);
        Fill = Check.Finite(fill);
    }

    /// <summary>Height and width of the square in pixels.</summary>
    public int Size { get; }

    /// <summary>Value of all channels in the square.</summary>
    public double Fill { get; }

    IBatchTransform? IBatchTransform.ForValidation => null;

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The images are uint8 and the fill value is no whole number 0–255.</exception>
    public Tensor Apply(Tensor images, BatchContext context)
    {
        FillValue.CheckFits(Fill, images);
        int batch = (int)images.size(0), channels = (int)images.size(1), height = (int)images.size(2), width = (int)images.size(3);
        using var scope = NewDisposeScope();
        var pixels = ChannelsLast.Pixels(images);
        var inRows = Covered("rows", height, 1, context, images.device).view(batch, height, 1);
        var inColumns = Covered("columns", width, channels, context, images.device).view(batch, 1, width * channels);
        var fill = Arithmetic.Full([], Fill, images.dtype, images.device);
        var kept = where(inRows.mul(inColumns), fill, pixels.view(batch, height, width * channels));
        return ChannelsLast.Images(kept.view(batch, height, width, channels)).MoveToOuterDisposeScope();
    }

    // For each image and pixel of an axis, whether the square covers it; each repeated `repeat` times.
    private Tensor Covered(string axis, int length, int repeat, BatchContext context, Device device)
    {
        var random = new CounterRandom(context.Seed, $"{nameof(Cutout)}.{axis}", context.Epoch);
        var covered = new bool[context.Samples.Count * length * repeat];
        for (var n = 0; n < context.Samples.Count; n++)
        {
            var first = random.Below(length, context.Samples[n]) - (Size / 2);
            int from = Math.Max(first, 0), to = (int)Math.Min((long)first + Size, length);
            covered.AsSpan(((n * length) + from) * repeat, (to - from) * repeat).Fill(true);
        }

        return tensor(covered).SentTo(device);
    }
}
