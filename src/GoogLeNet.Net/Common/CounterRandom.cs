namespace Inception;

/// <summary>
/// Random numbers as a pure function of seed, stream and counter, so that no draw depends on the order of evaluation. A stream is
/// SplitMix64 (Steele, Lea and Flood, OOPSLA 2014): its n-th number is a function of its key and n.
/// </summary>
internal readonly struct CounterRandom
{
    private const ulong Golden = 0x9E3779B97F4A7C15;
    private readonly ulong key;

    /// <summary>The stream with a key.</summary>
    public CounterRandom(ulong key) => this.key = key;

    /// <summary>The stream with a name.</summary>
    public CounterRandom(int seed, string stream)
    {
        key = Mix((ulong)(uint)seed + Golden);
        foreach (var character in stream)
        {
            key = Mix(key ^ (character + Golden));
        }
    }

    /// <summary>The stream with a name in an epoch.</summary>
    public CounterRandom(int seed, string stream, int epoch)
        : this(seed, stream) => key = Mix(key ^ ((ulong)(uint)epoch + Golden));

    /// <summary>64 random bits for a counter.</summary>
    public ulong Bits(long counter) => Mix(key + (Golden * ((ulong)counter + 1)));

    /// <summary>Uniform in [0, 1) with 53 bits.</summary>
    public double Uniform(long counter) => (Bits(counter) >> 11) * (1.0 / (1UL << 53));

    /// <summary>Uniform in 0 … bound − 1.</summary>
    public int Below(int bound, long counter) => (int)Math.BigMul(Bits(counter), (ulong)bound, out _);

    /// <summary>The numbers 0 … count − 1 in random order (Fisher-Yates); takes <paramref name="count"/> draws, from counter <paramref name="first"/> on.</summary>
    public long[] Permutation(int count, long first = 0)
    {
        var order = new long[count];
        for (var i = 0; i < count; i++)
        {
            var j = Below(i + 1, first + i);
            order[i] = order[j];
            order[j] = i;
        }

        return order;
    }

    private static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}

/// <summary>A sequence of random draws for one sample; it depends on the stream and the sample alone.</summary>
internal sealed class SampleDraws(CounterRandom stream, long sample)
{
    private readonly CounterRandom random = new(stream.Bits(sample));
    private long drawn;

    /// <summary>Uniform in [from, to).</summary>
    public double Uniform(double from, double to) => from + ((to - from) * random.Uniform(drawn++));

    /// <summary>Uniform in 0 … bound − 1.</summary>
    public int Below(int bound) => random.Below(bound, drawn++);

    /// <summary>Normal with mean 0 and deviation 1 (Box and Muller, 1958).</summary>
    public double Normal()
    {
        var radius = Math.Sqrt(-2 * Math.Log(1 - random.Uniform(drawn++)));
        return radius * Math.Cos(2 * Math.PI * random.Uniform(drawn++));
    }

    /// <summary>Beta(shape, shape) in [0, 1], from the logarithms of two gamma variates: for small shapes the variates themselves underflow.</summary>
    public double SymmetricBeta(double shape) => 1 / (1 + Math.Exp(LogGamma(shape) - LogGamma(shape)));

    /// <summary>The numbers 0 … count − 1 in random order.</summary>
    public long[] Order(int count)
    {
        var order = random.Permutation(count, drawn);
        drawn += count;
        return order;
    }

    // The logarithm of a Gamma(shape, 1) variate (Marsaglia and Tsang, "A simple method for generating gamma variables", 2000).
    private double LogGamma(double shape)
    {
        if (shape < 1)
        {
            return LogGamma(shape + 1) + (Math.Log(1 - random.Uniform(drawn++)) / shape);
        }

        var d = shape - (1.0 / 3);
        while (true)
        {
            var x = Normal();
            var root = 1 + (x / Math.Sqrt(9 * d));
            var v = root * root * root;
            if (root > 0 && Math.Log(1 - random.Uniform(drawn++)) < (x * x / 2) + (d * (1 - v + Math.Log(v))))
            {
                return Math.Log(d * v);
            }
        }
    }
}

/// <summary>
/// The standard normal distribution cut at ±2, drawn by von Neumann's comparisons of uniform numbers ("Various techniques used in connection
/// with random digits", 1951): exact, and with no logarithm or exponential, whose last bits differ between machines.
/// </summary>
internal static class TruncatedNormal
{
    /// <summary>Standard deviation of torchvision's weights before they are cut at ±2; the cut leaves 0.8796 of it.</summary>
    public const double Deviation = 0.01;

    /// <summary>One number in [−2, 2] for a key.</summary>
    public static double Draw(ulong key)
    {
        var random = new CounterRandom(key);
        for (var next = 0L; ;)
        {
            var x = (4 * random.Uniform(next++)) - 2;

            // exp(−x²/2) as two factors, since one comparison chain covers exponents up to 1.
            if (Accepts(x * x / 4, random, ref next) && Accepts(x * x / 4, random, ref next))
            {
                return x;
            }
        }
    }

    /// <summary>
    /// True with probability exp(−y) for y in [0, 1]: a chain y &gt; u₁ &gt; u₂ &gt; … has n links or more with probability yⁿ/n!, so that an
    /// even number of links has 1 − y + y²/2! − ….
    /// </summary>
    private static bool Accepts(double y, CounterRandom random, ref long next)
    {
        var even = true;
        for (var u = random.Uniform(next++); u < y; u = random.Uniform(next++))
        {
            y = u;
            even = !even;
        }

        return even;
    }
}
