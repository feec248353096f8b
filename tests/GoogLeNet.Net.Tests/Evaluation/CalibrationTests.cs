using FluentAssertions;
using Inception.Evaluation;
using Xunit;

namespace Inception.Tests.Evaluation;

public sealed class CalibrationTests
{
    [Theory]
    [InlineData(15)]
    [InlineData(10)]
    [InlineData(1)]
    public void The_expected_error_is_that_of_the_definition(int bins)
    {
        var predictions = Arrays.Noise(500, seed: 3).Zip(Arrays.Noise(500, seed: 4), (a, b) => (Confidence: (a + 1) / 2.0, Correct: b > 0.2)).ToList();

        // Guo et al. (2017), equations 2 and 3: bin m holds the confidences in ((m − 1) / M, m / M].
        var expected = 0.0;
        for (var m = 1; m <= bins; m++)
        {
            var inside = predictions.Where(p => p.Confidence > (m - 1) / (double)bins && p.Confidence <= m / (double)bins).ToList();
            if (inside.Count > 0)
            {
                var accuracy = inside.Count(p => p.Correct) / (double)inside.Count;
                expected += inside.Count / 500.0 * Math.Abs(accuracy - (inside.Sum(p => p.Confidence) / inside.Count));
            }
        }

        var measured = Calibration.Measure(predictions, bins);

        measured.ExpectedError.Should().BeApproximately(expected, 1e-12);
        measured.Bins.Should().HaveCount(bins);
        measured.Bins.Sum(bin => bin.Images).Should().Be(500);
    }

    [Fact]
    public void Two_bins_by_hand()
    {
        // Up to ½: confidences 0.25 and 0.5, one of two right. Above: 0.75, 1, 1 and 1, three of four right.
        var measured = Calibration.Measure([(0.25, true), (0.5, false), (0.75, true), (1, true), (1, true), (1, false)], bins: 2);

        measured.Bins.Should().Equal(new CalibrationBin(0, 0.5, 2, 0.375, 0.5), new CalibrationBin(0.5, 1, 4, 0.9375, 0.75));
        measured.ExpectedError.Should().BeApproximately(((2 * 0.125) + (4 * 0.1875)) / 6, 1e-12);
    }

    [Theory]
    [InlineData(0, 0, "the first bin holds 0 too")]
    [InlineData(0.25, 0, "a bin's upper bound belongs to it")]
    [InlineData(0.2500001, 1, "just above it")]
    [InlineData(1, 3, "the last bin holds 1")]
    [InlineData(1.0000000000000002, 3, "a sum of probabilities above 1 by rounding")]
    public void A_confidence_falls_into_its_bin(double confidence, int bin, string reason) =>
        Calibration.Measure([(confidence, true)], bins: 4).Bins.Select(b => b.Images).Should().Equal(
            Enumerable.Range(0, 4).Select(i => i == bin ? 1L : 0L), reason);

    [Fact]
    public void Confidence_that_comes_true_has_no_error()
    {
        var predictions = Enumerable.Range(0, 10).Select(i => (0.7, i < 7)).Concat(Enumerable.Range(0, 10).Select(i => (0.2, i < 2)));

        Calibration.Measure(predictions, bins: 15).ExpectedError.Should().BeApproximately(0, 1e-12);
    }

    [Fact]
    public void Empty_bins_are_0_and_do_not_count()
    {
        var measured = Calibration.Measure([(0.9, false)], bins: 3);

        measured.Bins[0].Should().Be(new CalibrationBin(0, 1 / 3.0, 0, 0, 0));
        measured.ExpectedError.Should().BeApproximately(0.9, 1e-12);
    }
}
