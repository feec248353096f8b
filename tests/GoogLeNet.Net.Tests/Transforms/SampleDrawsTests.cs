using FluentAssertions;
using Xunit;

namespace Inception.Tests.Transforms;

/// <summary>Distributions of draws, over samples rather than along one sample's sequence, against closed forms.</summary>
public sealed class SampleDrawsTests
{
    private const int N = 40_000;

    [Theory]
    [InlineData(0.01, "so small that a gamma variate underflows")]
    [InlineData(0.2, "mixup's usual choice")]
    [InlineData(0.5, "arcsine")]
    [InlineData(1, "uniform")]
    [InlineData(2.5, "about one half")]
    [InlineData(50, "close to one half")]
    public void A_symmetric_beta_has_the_moments_of_its_closed_form(double shape, string reason)
    {
        var draws = Draw(sample => sample.SymmetricBeta(shape));

        draws.Should().OnlyContain(x => x >= 0 && x <= 1, reason);
        var variance = 1 / (4 * ((2 * shape) + 1));
        draws.Average().Should().BeApproximately(0.5, 5 * Math.Sqrt(variance / N));
        // The fourth central moment of Beta(a, a) is 3 / (16 (2a + 1) (2a + 3)).
        var fourth = 3 / (16 * ((2 * shape) + 1) * ((2 * shape) + 3));
        draws.Average(x => Math.Pow(x - 0.5, 2)).Should().BeApproximately(variance, 5 * Math.Sqrt((fourth - (variance * variance)) / N) + 1e-12);
    }

    [Fact]
    public void A_normal_variate_has_the_moments_of_its_closed_form()
    {
        var draws = Draw(sample => sample.Normal());

        draws.Average().Should().BeApproximately(0, 5 / Math.Sqrt(N));
        draws.Average(x => x * x).Should().BeApproximately(1, 5 * Math.Sqrt(2.0 / N));
        draws.Average(x => x * x * x * x).Should().BeApproximately(3, 5 * Math.Sqrt(96.0 / N));
    }

    [Fact]
    public void Draws_of_a_sample_follow_each_other_and_repeat_for_the_same_sample()
    {
        var stream = new CounterRandom(3, "test");
        SampleDraws first = new(stream, 5), again = new(stream, 5), other = new(stream, 6);
        double[] Three(SampleDraws draws) => [draws.Uniform(2, 3), draws.Uniform(2, 3), draws.Uniform(2, 3)];

        var values = Three(first);
        values.Should().OnlyHaveUniqueItems().And.OnlyContain(x => x >= 2 && x < 3);
        Three(again).Should().Equal(values);
        Three(other).Should().NotEqual(values);
    }

    private static List<double> Draw(Func<SampleDraws, double> draw)
    {
        var stream = new CounterRandom(3, "test");
        return [.. Enumerable.Range(0, N).Select(sample => draw(new SampleDraws(stream, sample)))];
    }
}
