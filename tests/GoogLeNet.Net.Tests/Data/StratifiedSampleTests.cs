using FluentAssertions;
using Inception.Data;
using Xunit;

namespace Inception.Tests.Data;

public sealed class StratifiedSampleTests
{
    private static readonly long[] Balanced = [.. Enumerable.Range(0, 1000).Select(i => (long)(i * 7 % 10))];

    [Theory]
    [InlineData(10, "one of each")]
    [InlineData(200, "twenty of each")]
    [InlineData(1000, "everything")]
    public void Classes_come_equally_often(int n, string reason)
    {
        var chosen = StratifiedSample.Choose(Balanced, 10, n, seed: 1);
        chosen.Select(i => Balanced[i]).GroupBy(c => c).Select(g => g.Count()).Should().AllBeEquivalentTo(n / 10, reason).And.HaveCount(10);
    }

    [Fact]
    public void What_does_not_divide_goes_to_the_lowest_classes()
    {
        var chosen = StratifiedSample.Choose(Balanced, 10, 23, seed: 1);
        Enumerable.Range(0, 10).Select(c => chosen.Count(i => Balanced[i] == c)).Should().Equal(3, 3, 3, 2, 2, 2, 2, 2, 2, 2);
    }

    [Fact]
    public void A_small_class_is_used_up_and_the_others_fill_in()
    {
        long[] labels = [0, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2];
        var chosen = StratifiedSample.Choose(labels, 3, 7, seed: 4);
        Enumerable.Range(0, 3).Select(c => chosen.Count(i => labels[i] == c)).Should().Equal(1, 3, 3);
    }

    [Fact]
    public void Order_is_kept_and_nothing_comes_twice() =>
        StratifiedSample.Choose(Balanced, 10, 300, seed: 5).Should().BeInAscendingOrder().And.OnlyHaveUniqueItems();

    [Fact]
    public void A_smaller_choice_with_the_same_seed_is_a_subset() =>
        StratifiedSample.Choose(Balanced, 10, 100, seed: 5).Should().BeSubsetOf(StratifiedSample.Choose(Balanced, 10, 300, seed: 5));

    [Fact]
    public void Another_seed_chooses_others() =>
        StratifiedSample.Choose(Balanced, 10, 100, seed: 5).Should().NotEqual(StratifiedSample.Choose(Balanced, 10, 100, seed: 6));

    [Fact]
    public void Every_member_is_chosen_equally_often_over_seeds()
    {
        var labels = new long[10];
        var counts = new int[10];
        for (var seed = 0; seed < 2000; seed++)
        {
            foreach (var i in StratifiedSample.Choose(labels, 1, 3, seed))
            {
                counts[i]++;
            }
        }
        counts.Should().OnlyContain(c => c > 600 - 103 && c < 600 + 103, "600 ± 5 deviations of a binomial (2000, 0.3)");
    }

    [Fact]
    public void Generator_gives_the_published_sequence()
    {
        var random = new CounterRandom(key: 1234567);
        new[] { random.Bits(0), random.Bits(1), random.Bits(2), random.Bits(3), random.Bits(4) }.Should().Equal(
            [6457827717110365317, 3203168211198807973, 9817491932198370423, 4593380528125082431, 16408922859458223821],
            "the reference C program by S. Vigna prints these");
    }
}
