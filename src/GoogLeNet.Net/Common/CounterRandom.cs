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
