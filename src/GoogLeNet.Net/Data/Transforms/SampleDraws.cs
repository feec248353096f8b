namespace Inception.Data;

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
