using FluentAssertions;
using Xunit;

namespace Inception.Tests.Models;

public sealed class CounterRandomTests
{
    [Fact]
    public void A_draw_depends_on_seed_stream_epoch_and_counter_and_nothing_else()
    {
        ulong Draw(int seed, string stream, int epoch, long counter) => new CounterRandom(seed, stream, epoch).Bits(counter);

        Draw(1, "a", 2, 3).Should().Be(Draw(1, "a", 2, 3));
        new[] { Draw(1, "a", 2, 3), Draw(2, "a", 2, 3), Draw(1, "b", 2, 3), Draw(1, "a", 3, 3), Draw(1, "a", 2, 4), Draw(-1, "a", 2, 3), new CounterRandom(1, "a").Bits(3) }
            .Should().OnlyHaveUniqueItems();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(1000)]
    public void A_permutation_holds_every_number_once(int count)
    {
        new CounterRandom(3, "x").Permutation(count).Order().Should().Equal(Enumerable.Range(0, count).Select(i => (long)i));
        new CounterRandom(3, "x").Permutation(0).Should().BeEmpty();
    }

    [Fact]
    public void All_permutations_are_equally_likely()
    {
        var counts = Enumerable.Range(0, 24_000).GroupBy(seed => string.Join(',', new CounterRandom(seed, "x").Permutation(4))).Select(g => g.Count());

        ChiSquare([.. counts], 24).Should().BeLessThan(49.7); // 23 degrees of freedom, p = 0.001
    }

    [Fact]
    public void Uniform_numbers_fill_the_unit_interval()
    {
        var random = new CounterRandom(5, "u");
        var values = Enumerable.Range(0, 100_000).Select(i => random.Uniform(i)).ToArray();

        values.Should().OnlyContain(value => value >= 0 && value < 1);
        ChiSquare([.. values.GroupBy(value => (int)(value * 100)).Select(g => g.Count())], 100).Should().BeLessThan(148.3); // 99, p = 0.001
        values.Average().Should().BeApproximately(0.5, 5 * Math.Sqrt(1 / 12.0 / values.Length));
    }

    [Theory]
    [InlineData("neighbouring counters", 0, 0, 1)]
    [InlineData("neighbouring seeds", 1, 0, 0)]
    [InlineData("neighbouring epochs", 0, 1, 0)]
    public void Neighbouring_streams_are_uncorrelated(string which, int seeds, int epochs, int counters)
    {
        const int n = 50_000;
        double At(int i, int shift) => new CounterRandom(7 + (shift * seeds), "s", 3 + (shift * epochs)).Uniform(i + (shift * counters)) - 0.5;

        var correlation = Enumerable.Range(0, n).Sum(i => At(i, 0) * At(i, 1)) * 12 / n;
        correlation.Should().BeInRange(-5 / Math.Sqrt(n), 5 / Math.Sqrt(n), which);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(9)]
    [InlineData(10)]
    public void Below_reaches_every_number_under_its_bound_equally_often(int bound)
    {
        var random = new CounterRandom(11, "b");
        var draws = Enumerable.Range(0, 20_000).Select(i => random.Below(bound, i)).ToList();

        draws.Should().OnlyContain(value => value >= 0 && value < bound);
        if (bound > 1)
        {
            ChiSquare([.. draws.GroupBy(value => value).Select(g => g.Count())], bound).Should().BeLessThan(27.9); // 9 degrees, p = 0.001
        }
    }

    [Fact]
    public void Below_copes_with_the_largest_bound_and_negative_counters()
    {
        var random = new CounterRandom(-5, "b", int.MaxValue);

        random.Below(int.MaxValue, long.MaxValue).Should().BeInRange(0, int.MaxValue - 1);
        random.Below(int.MaxValue, -1).Should().BeInRange(0, int.MaxValue - 1);
        random.Uniform(-1).Should().BeInRange(0, 1);
    }

    private static double ChiSquare(int[] counts, int cells)
    {
        counts.Should().HaveCount(cells);
        var expected = counts.Sum() / (double)cells;
        return counts.Sum(count => (count - expected) * (count - expected) / expected);
    }
}
