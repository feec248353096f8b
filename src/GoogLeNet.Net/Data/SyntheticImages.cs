using static TorchSharp.torch;

namespace Inception.Data;

/// <summary>
/// Drawn pictures of ten classes that a network can learn: shapes and patterns at random places, sizes and angles, in random colors and under noise. For
/// tests and for machines without internet access; accuracies on them say nothing about photographs.
/// </summary>
public static class SyntheticImages
{
    /// <summary>Smallest side, in pixels, at which the classes can be told apart.</summary>
    public const int SmallestSide = 8;

    /// <summary>Name of class k at index k; each begins with "synthetic".</summary>
    public static IReadOnlyList<string> ClassNames { get; } = Array.AsReadOnly<string>([
        "synthetic disc", "synthetic ring", "synthetic square", "synthetic frame", "synthetic triangle",
        "synthetic cross", "synthetic horizontal stripes", "synthetic vertical stripes", "synthetic checkerboard", "synthetic gradient"]);

    /// <summary>
    /// Draws pictures. Picture i is of class i mod 10 and depends on (seed, i, size) alone, so that a larger set begins with the smaller one. Sets with
    /// different seeds have no picture in common.
    /// </summary>
    /// <param name="count">Pictures, at least 1.</param>
    /// <param name="seed">Any number.</param>
    /// <param name="size">Width and height in pixels, 8 to 1024.</param>
    /// <returns>uint8 (count, 3, size, size) on the CPU; the caller disposes it.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The count or the size is out of range.</exception>
    public static TensorDataset Create(int count, int seed, int size = 32)
    {
        Check.AtLeast(1, count);
        if (size is < SmallestSide or > 1024)
        {
            throw new ArgumentOutOfRangeException(nameof(size), size, $"size is {size}; it must be {SmallestSide} to 1024.");
        }

        TorchRuntime.EnsureLoaded();
        using var scope = NewDisposeScope();
        var images = empty(count, 3, size, size, dtype: ScalarType.Byte, device: CPU);
        Parallel.For(0, count, i =>
        {
            using var own = NewDisposeScope();
#pragma warning disable RS0030 // Pictures are drawn into the host's memory.
            SyntheticPicture.Draw(seed, i, i % ClassNames.Count, size, images.select(0, i).bytes);
#pragma warning restore RS0030
        });
        var labels = tensor([.. Enumerable.Range(0, count).Select(i => (long)(i % ClassNames.Count))], dtype: ScalarType.Int64);
        return new TensorDataset(images, labels, ClassNames);
    }
}

/// <summary>Draws one picture of a class: a figure in one color on a background of another, under noise.</summary>
internal static class SyntheticPicture
{
    private const int FirstNoise = 16; // counters below it are the picture's other draws
    private const double NoiseAmplitude = 40;
    private const double LeastContrast = 60;

    /// <summary>Writes R, G and B planes of size × size bytes.</summary>
    public static void Draw(int seed, int index, int figure, int size, Span<byte> planes)
    {
        var random = new CounterRandom(seed, nameof(SyntheticPicture), index);
        var shape = SyntheticShape.Random(random, figure);
        var (ink, ground) = Colors(random);
        var plane = size * size;
        Span<double> color = stackalloc double[3];
        for (var i = 0; i < plane; i++)
        {
            // Pixel centers, the picture reaching from −1 to 1.
            var (x, y) = ((2 * (i % size) + 1.0) / size - 1, (2 * (i / size) + 1.0) / size - 1);
            var coverage = shape.Ink(x, y);
            for (var channel = 0; channel < 3; channel++)
            {
                var noise = NoiseAmplitude * (random.Uniform(FirstNoise + (3L * i) + channel) - 0.5) * 2;
                planes[(channel * plane) + i] = (byte)Math.Clamp(ground[channel] + (coverage * (ink[channel] - ground[channel])) + noise, 0, 255);
            }
        }
    }

    // Brighter or darker than the ground by at least the least contrast in every channel, so that the noise cannot hide the figure.
    private static (double[] Ink, double[] Ground) Colors(CounterRandom random)
    {
        var brighter = random.Bits(6) % 2 == 0;
        var (ink, ground) = (new double[3], new double[3]);
        for (var channel = 0; channel < 3; channel++)
        {
            var low = random.Uniform(7 + (2 * channel)) * (255 - LeastContrast);
            var high = low + LeastContrast + (random.Uniform(8 + (2 * channel)) * (255 - LeastContrast - low));
            (ink[channel], ground[channel]) = brighter ? (high, low) : (low, high);
        }

        return (ink, ground);
    }
}

/// <summary>A figure at a place, of a size, turned a little, in a picture that reaches from −1 to 1 both ways.</summary>
/// <param name="Figure">The class, 0 to 9, in the order of <see cref="SyntheticImages.ClassNames"/>.</param>
/// <param name="X">Center; of a pattern, its phase.</param>
/// <param name="Y">Center; of a pattern, its phase.</param>
/// <param name="Radius">Half the figure's extent; of a pattern, half its period.</param>
/// <param name="Turn">Angle in radians, up to 0.26 (15 degrees) either way; of the gradient, its direction.</param>
internal readonly record struct SyntheticShape(int Figure, double X, double Y, double Radius, double Turn)
{
    private const double LargestTurn = Math.PI / 12;
    private const int FirstPattern = 6;
    private const int Gradient = 9;

    /// <summary>One of that class; counters 0 to 3 of the stream.</summary>
    public static SyntheticShape Random(CounterRandom random, int figure)
    {
        double Between(double low, double high, int counter) => low + ((high - low) * random.Uniform(counter));
        return new SyntheticShape(
            figure,
            Between(-0.3, 0.3, 0),
            Between(-0.3, 0.3, 1),
            figure < FirstPattern ? Between(0.45, 0.8, 2) : Between(0.2, 0.4, 2),
            figure == Gradient ? Between(0, 2 * Math.PI, 3) : Between(-LargestTurn, LargestTurn, 3));
    }

    /// <summary>How much of the figure's color there is at a point, 0 to 1.</summary>
    public double Ink(double x, double y)
    {
        var (sin, cos) = Math.SinCos(Turn);
        var (u, v) = (((cos * (x - X)) + (sin * (y - Y))) / Radius, ((cos * (y - Y)) - (sin * (x - X))) / Radius);
        var (round, square) = (Math.Sqrt((u * u) + (v * v)), Math.Max(Math.Abs(u), Math.Abs(v)));
        return Figure switch
        {
            0 => Inside(round < 1),
            1 => Inside(round is < 1 and > 0.6),
            2 => Inside(square < 0.9),
            3 => Inside(square is < 0.9 and > 0.5),
            4 => Inside(v < 0.8 && v > (2 * Math.Abs(u)) - 1),
            5 => Inside(square < 1 && Math.Min(Math.Abs(u), Math.Abs(v)) < 0.28),
            6 => Inside(Odd(v)),
            7 => Inside(Odd(u)),
            8 => Inside(Odd(u) != Odd(v)),
            _ => Math.Clamp(0.5 + (u * Radius / 2), 0, 1),
        };
    }

    private static double Inside(bool inside) => inside ? 1 : 0;

    private static bool Odd(double t) => ((long)Math.Floor(t) & 1) != 0;
}
