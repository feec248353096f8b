namespace Inception.Data;

/// <summary>Chooses samples class by class.</summary>
internal static class StratifiedSample
{
    /// <summary>
    /// Indices of <paramref name="n"/> samples, ascending. Each class gets the same number as far as n and its size allow; what does not
    /// divide goes to the classes with the lowest numbers. Within a class the choice is a Fisher-Yates shuffle by the stream
    /// of (seed, class), so a smaller n with the same seed chooses a subset.
    /// </summary>
    public static long[] Choose(ReadOnlySpan<long> labels, int classes, int n, int seed)
    {
        var members = Members(labels, classes);
        return Draw(members, EqualQuotas([.. members.Select(m => m.Count)], n), seed);
    }

    /// <summary>
    /// As <see cref="Choose"/>, but in proportion to the classes' sizes: each class gets the whole part of n · (its size) / (all samples), and those with the
    /// largest remainders one more; of equal remainders the class with the lowest number.
    /// </summary>
    public static long[] ChooseInProportion(ReadOnlySpan<long> labels, int classes, int n, int seed)
    {
        var members = Members(labels, classes);
        return Draw(members, ProportionalQuotas([.. members.Select(m => m.Count)], n), seed);
    }

    private static List<long>[] Members(ReadOnlySpan<long> labels, int classes)
    {
        var members = Enumerable.Range(0, classes).Select(_ => new List<long>()).ToArray();
        for (var i = 0; i < labels.Length; i++)
        {
            members[labels[i]].Add(i);
        }

        return members;
    }

    private static long[] Draw(List<long>[] members, int[] quotas, int seed)
    {
        var chosen = new List<long>(quotas.Sum());
        for (var c = 0; c < members.Length; c++)
        {
            chosen.AddRange(Draw(members[c], quotas[c], new CounterRandom(seed, nameof(StratifiedSample), c)));
        }

        chosen.Sort();
        return [.. chosen];
    }

    private static int[] ProportionalQuotas(int[] sizes, int n)
    {
        long all = sizes.Sum(size => (long)size);
        var quotas = sizes.Select(size => (int)(n * (long)size / all)).ToArray();
        var byRest = Enumerable.Range(0, sizes.Length).OrderByDescending(c => n * (long)sizes[c] % all); // stable: the lowest number first
        foreach (var c in byRest.Take(n - quotas.Sum()))
        {
            quotas[c]++;
        }

        return quotas;
    }

    private static int[] EqualQuotas(int[] sizes, int n)
    {
        var quotas = new int[sizes.Length];
        for (var left = n; left > 0;)
        {
            for (var c = 0; c < sizes.Length && left > 0; c++)
            {
                if (quotas[c] == sizes[c])
                {
                    continue;
                }

                quotas[c]++;
                left--;
            }
        }
        return quotas;
    }

    private static IEnumerable<long> Draw(List<long> members, int count, CounterRandom random)
    {
        for (var i = 0; i < count; i++)
        {
            var j = i + random.Below(members.Count - i, i);
            (members[i], members[j]) = (members[j], members[i]);
        }
        return members.Take(count);
    }
}
