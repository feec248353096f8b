using System.Collections.Immutable;
using static TorchSharp.torch;

namespace Inception.Data;

/// <summary>
/// Cuts a window of random area and aspect and resizes it to a square with a random interpolation: the paper's training crops (section 6),
/// "distributed evenly between 8% and 100% of the image area", aspect "between 3/4 and 4/3", "bilinear, area, nearest neighbor and cubic,
/// with equal probability". The aspect is log-uniform, so that portrait and landscape are equally likely. The result is float32 in the
/// units of the incoming images; for uint8 images it stays within 0–255.
/// </summary>
public sealed record RandomResizedCrop : IBatchTransform
{
    private static readonly ImmutableArray<Interpolation> All =
        [Interpolation.Bilinear, Interpolation.Area, Interpolation.Nearest, Interpolation.Bicubic];

    /// <summary>Crops resized to <paramref name="size"/>×<paramref name="size"/> pixels.</summary>
    /// <param name="size">Height and width of the result, at least 1.</param>
    /// <param name="minArea">Smallest fraction of the area, more than 0.</param>
    /// <param name="maxArea">Largest fraction of the area, from the smallest to 1.</param>
    /// <param name="minAspect">Smallest width over height, more than 0.</param>
    /// <param name="maxAspect">Largest width over height, at least the smallest.</param>
    /// <param name="interpolations">Drawn from with equal probability; the paper's four when omitted.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of range.</exception>
    public RandomResizedCrop(
        int size, double minArea = 0.08, double maxArea = 1, double minAspect = 3.0 / 4, double maxAspect = 4.0 / 3,
        ImmutableArray<Interpolation> interpolations = default)
    {
        Size = Check.AtLeast(1, size);
        MinArea = Check.Between(0, 1, Check.Positive(minArea), nameof(minArea));
        MaxArea = Check.Between(minArea, 1, maxArea);
        MinAspect = Check.Positive(minAspect);
        MaxAspect = Check.Between(minAspect, double.MaxValue, maxAspect);
        Interpolations = interpolations.IsDefaultOrEmpty ? All : interpolations;
    }

    /// <summary>Height and width of the result in pixels.</summary>
    public int Size { get; }

    /// <summary>Smallest fraction of the area.</summary>
    public double MinArea { get; }

    /// <summary>Largest fraction of the area.</summary>
    public double MaxArea { get; }

    /// <summary>Smallest width over height.</summary>
    public double MinAspect { get; }

    /// <summary>Largest width over height.</summary>
    public double MaxAspect { get; }

    /// <summary>Interpolations, drawn from with equal probability.</summary>
    public ImmutableArray<Interpolation> Interpolations { get; }

    IBatchTransform? IBatchTransform.ForValidation => new Resize(Size);

    /// <inheritdoc/>
    public Tensor Apply(Tensor images, BatchContext context)
    {
        long batch = images.shape[0], channels = images.shape[1], height = images.shape[2], width = images.shape[3];
        using var scope = NewDisposeScope();
        var (rows, columns) = Weights(context, (int)height, (int)width, images.device);
        var pixels = ChannelsLast.Pixels(images).to(ScalarType.Float32);

        // Rows, then columns: (N, H, W·C) → (N, S, W·C) → (N, W, S·C) → (N, S, S·C).
        var shrunk = rows.matmul(pixels.view(batch, height, width * channels)).view(batch, Size, width, channels);
        var turned = shrunk.permute(0, 2, 1, 3).reshape(batch, width, Size * channels);
        var resized = columns.matmul(turned).view(batch, Size, Size, channels).permute(0, 2, 1, 3).contiguous();
        if (images.dtype == ScalarType.Byte)
        {
            resized.clamp_(0, 255); // cubic weights overshoot
        }

        return ChannelsLast.Images(resized).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public bool Equals(RandomResizedCrop? other) =>
        other is not null && (Size, MinArea, MaxArea, MinAspect, MaxAspect) == (other.Size, other.MinArea, other.MaxArea, other.MinAspect, other.MaxAspect)
        && Interpolations.SequenceEqual(other.Interpolations);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Size, MinArea, MaxArea, MinAspect, MaxAspect, Interpolations.Length);

    /// <summary>What happens to one sample.</summary>
    internal (CropWindow Window, Interpolation Interpolation) Decide(BatchContext context, long sample, int height, int width)
    {
        var draws = new SampleDraws(new CounterRandom(context.Seed, nameof(RandomResizedCrop), context.Epoch), sample);
        var interpolation = Interpolations[draws.Below(Interpolations.Length)];
        return (CropWindow.Draw(draws, height, width, this), interpolation);
    }

    private (Tensor Rows, Tensor Columns) Weights(BatchContext context, int height, int width, Device device)
    {
        var batch = context.Samples.Count;
        var rows = new float[batch * Size * height];
        var columns = new float[batch * Size * width];
        for (var n = 0; n < batch; n++)
        {
            var (window, interpolation) = Decide(context, context.Samples[n], height, width);
            new ResamplingWeights(rows.AsSpan(n * Size * height, Size * height), height, Size, window.Top, window.Height).Write(interpolation);
            new ResamplingWeights(columns.AsSpan(n * Size * width, Size * width), width, Size, window.Left, window.Width).Write(interpolation);
        }

        return (tensor(rows, [batch, Size, height]).SentTo(device), tensor(columns, [batch, Size, width]).SentTo(device));
    }
}

/// <summary>How <see cref="RandomResizedCrop"/> interpolates, with half-pixel centers and OpenCV's names.</summary>
public enum Interpolation
{
    /// <summary>The nearest pixel; of two equally near, the second (PyTorch's nearest-exact).</summary>
    Nearest,

    /// <summary>Linear between the two nearest pixels of each axis, without antialiasing (OpenCV's INTER_LINEAR).</summary>
    Bilinear,

    /// <summary>Keys' cubic convolution with a = −0.75 over four pixels of each axis (OpenCV's INTER_CUBIC).</summary>
    Bicubic,

    /// <summary>The mean over the area that the pixel covers (OpenCV's INTER_AREA).</summary>
    Area,
}

/// <summary>A part of an image in whole pixels.</summary>
internal readonly record struct CropWindow(int Top, int Left, int Height, int Width)
{
    private const int Attempts = 10;

    /// <summary>
    /// Draws a window by torchvision's rule (<c>RandomResizedCrop.get_params</c>): ten attempts at a uniform fraction of the area and a log-uniform
    /// aspect, the first that fits at a uniform place; else the largest one in the middle whose aspect is in range.
    /// </summary>
    public static CropWindow Draw(SampleDraws draws, int height, int width, RandomResizedCrop crop)
    {
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            var area = (double)height * width * draws.Uniform(crop.MinArea, crop.MaxArea);
            var aspect = Math.Exp(draws.Uniform(Math.Log(crop.MinAspect), Math.Log(crop.MaxAspect)));
            double w = Math.Round(Math.Sqrt(area * aspect)), h = Math.Round(Math.Sqrt(area / aspect));
            if (w >= 1 && w <= width && h >= 1 && h <= height)
            {
                return new(draws.Below(height - (int)h + 1), draws.Below(width - (int)w + 1), (int)h, (int)w);
            }
        }

        var inRange = Math.Clamp((double)width / height, crop.MinAspect, crop.MaxAspect);
        var middleHeight = Math.Clamp((int)Math.Round(width / inRange), 1, height);
        var middleWidth = Math.Clamp((int)Math.Round(height * inRange), 1, width);
        return new((height - middleHeight) / 2, (width - middleWidth) / 2, middleHeight, middleWidth);
    }
}
