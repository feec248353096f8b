using System.Collections.Immutable;
using static TorchSharp.torch;

namespace Inception.Data;

/// <summary>
/// Cuts a window of random area and aspect and resizes it to a square with a random interpolation: the paper's training crops (section 6),
/// "distributed evenly between 8% and 100% of the image area", aspect "between 3/4 and 4/3", "bilinear, area, nearest neighbor and cubic,
/// with equal probability". The aspect is log-uniform, so that portrait and landscape are equally likely. The result is float32 in the
/// units of the incoming images; for uint8 images it stays within 0–255. In a <see cref="BatchLoader"/> on a streamed <see cref="ImageFolderDataset"/> it is cut from the
/// whole picture.
/// </summary>
public sealed record RandomResizedCrop : ICropTransform
{
    private const int Attempts = 10;

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
    public Tensor Apply(Tensor images, BatchContext context) => CropWindow.Cut(this, images, context);

    /// <summary>
    /// Draws a window by torchvision's rule (<c>RandomResizedCrop.get_params</c>): ten attempts at a uniform fraction of the area and a log-uniform
    /// aspect, the first that fits at a uniform place; else the largest one in the middle whose aspect is in range.
    /// </summary>
    public CropWindow Window(BatchContext context, long sample, int height, int width)
    {
        var draws = new SampleDraws(new CounterRandom(context.Seed, nameof(RandomResizedCrop), context.Epoch), sample);
        var interpolation = Interpolations[draws.Below(Interpolations.Length)];
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            var area = (double)height * width * draws.Uniform(MinArea, MaxArea);
            var aspect = Math.Exp(draws.Uniform(Math.Log(MinAspect), Math.Log(MaxAspect)));
            double w = Math.Round(Math.Sqrt(area * aspect)), h = Math.Round(Math.Sqrt(area / aspect));
            if (w >= 1 && w <= width && h >= 1 && h <= height)
            {
                return new(draws.Below(height - (int)h + 1), draws.Below(width - (int)w + 1), (int)h, (int)w, interpolation);
            }
        }

        var inRange = Math.Clamp((double)width / height, MinAspect, MaxAspect);
        var middleHeight = Math.Clamp((int)Math.Round(width / inRange), 1, height);
        var middleWidth = Math.Clamp((int)Math.Round(height * inRange), 1, width);
        return new((height - middleHeight) / 2, (width - middleWidth) / 2, middleHeight, middleWidth, interpolation);
    }

    /// <inheritdoc/>
    public bool Equals(RandomResizedCrop? other) =>
        other is not null && (Size, MinArea, MaxArea, MinAspect, MaxAspect) == (other.Size, other.MinArea, other.MaxArea, other.MinAspect, other.MaxAspect)
        && Interpolations.SequenceEqual(other.Interpolations);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Size, MinArea, MaxArea, MinAspect, MaxAspect, Interpolations.Length);
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
