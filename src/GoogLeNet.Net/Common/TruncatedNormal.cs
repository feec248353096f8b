namespace Inception;

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
