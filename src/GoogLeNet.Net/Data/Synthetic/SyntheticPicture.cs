namespace Inception.Data;

/// <summary>Draws one picture of a class: its figure in one colour on a ground of another, both shaded by noise.</summary>
internal static class SyntheticPicture
{
    private const int FirstNoise = 16; // the counters before it are the picture's own draws
    private const double NoiseAmplitude = 40;
    private const double LeastContrast = 60;

    /// <summary>Writes R, G and B planes of size × size bytes.</summary>
    public static void Draw(int seed, int index, int figure, int size, Span<byte> planes)
    {
        var random = new CounterRandom(seed, nameof(SyntheticPicture), index);
        var shape = SyntheticShape.Random(random, figure);
        var (ink, ground) = Colours(random);
        var plane = size * size;
        Span<double> colour = stackalloc double[3];
        for (var i = 0; i < plane; i++)
        {
            // Pixel centres, the picture reaching from −1 to 1.
            var (x, y) = ((2 * (i % size) + 1.0) / size - 1, (2 * (i / size) + 1.0) / size - 1);
            var share = shape.Ink(x, y);
            for (var channel = 0; channel < 3; channel++)
            {
                var noise = NoiseAmplitude * (random.Uniform(FirstNoise + (3L * i) + channel) - 0.5) * 2;
                planes[(channel * plane) + i] = (byte)Math.Clamp(ground[channel] + (share * (ink[channel] - ground[channel])) + noise, 0, 255);
            }
        }
    }

    // Brighter or darker than the ground by at least the least contrast in every channel, so that the noise cannot hide the figure.
    private static (double[] Ink, double[] Ground) Colours(CounterRandom random)
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
