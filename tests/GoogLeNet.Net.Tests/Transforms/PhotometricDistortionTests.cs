using FluentAssertions;
using Inception.Data;
using Xunit;
using static TorchSharp.torch;

namespace Inception.Tests.Transforms;

[Collection(TorchCollection.Name)]
public sealed class PhotometricDistortionTests
{
    // Krizhevsky et al.'s components as fb.resnet.torch publishes them: rows are R, G, B.
    private static readonly double[][] Components = [[-0.5675, 0.7192, 0.4009], [-0.5808, -0.0045, -0.8140], [-0.5836, -0.6948, 0.4203]];
    private static readonly double[] Eigenvalues = [0.2175, 0.0188, 0.0045];

    [Theory]
    [InlineData(0.5, 0, 0, 0, 255, "brightness alone")]
    [InlineData(0, 0.5, 0, 0, 255, "contrast alone")]
    [InlineData(0, 0, 0.5, 0, 255, "saturation alone")]
    [InlineData(0, 0, 0, 0.1, 255, "lighting alone")]
    [InlineData(0.5, 0.5, 0.5, 0.1, 255, "all in random order")]
    [InlineData(1, 1, 1, 2, 1, "the widest ranges on images in 0–1")]
    [InlineData(0, 0, 0, 0, 255, "nothing")]
    public void A_distortion_equals_a_loop(double brightness, double contrast, double saturation, double lighting, double maximum, string reason)
    {
        _ = reason;
        PerImage.Compare(
            new PhotometricDistortion(brightness, contrast, saturation, lighting, maximum), 3, 6, 5, Loop, tolerance: 1e-6 * maximum, maximum);

        PerImage Loop(PerImage image, BatchContext context, long sample)
        {
            var draws = new SampleDraws(new CounterRandom(context.Seed, "PhotometricDistortion", context.Epoch), sample);
            double[] factors = [draws.Uniform(1 - brightness, 1 + brightness), draws.Uniform(1 - contrast, 1 + contrast), draws.Uniform(1 - saturation, 1 + saturation)];
            double[] noise = [draws.Normal() * lighting, draws.Normal() * lighting, draws.Normal() * lighting];
            foreach (var step in draws.Order(4))
            {
                var before = image;
                double Grey(int y, int x) => (0.299 * before[0, y, x]) + (0.587 * before[1, y, x]) + (0.114 * before[2, y, x]);
                var mean = Enumerable.Range(0, 30).Average(i => Grey(i / 5, i % 5));
                image = PerImage.From(3, 6, 5, (c, y, x) => Math.Clamp(step switch
                {
                    0 => factors[0] * before[c, y, x],
                    1 => mean + (factors[1] * (before[c, y, x] - mean)),
                    2 => Grey(y, x) + (factors[2] * (before[c, y, x] - Grey(y, x))),
                    _ => before[c, y, x] + (maximum * Enumerable.Range(0, 3).Sum(k => Components[c][k] * Eigenvalues[k] * noise[k])),
                }, 0, maximum));
            }

            return image;
        }
    }

    [Fact]
    public void All_orders_of_the_steps_are_equally_likely()
    {
        const int n = 24_000;
        var context = Images.Context(n, seed: 6);
        var distortion = new PhotometricDistortion();
        static string Name(ColorStep step) => step.ImageGray != 0 ? "c" : step.PixelGray != 0 ? "s" : step.Red != 0 ? "l" : "b";

        var counts = context.Samples.GroupBy(sample => string.Concat(distortion.Decide(context, sample).Select(Name))).ToDictionary(g => g.Key, g => g.Count());

        counts.Should().HaveCount(24);
        counts.Values.Sum(count => Math.Pow(count - (n / 24.0), 2) / (n / 24.0)).Should().BeLessThan(49.7); // 23 degrees of freedom, p = 0.001
    }

    [Fact]
    public void Images_with_other_than_three_channels_are_refused()
    {
        using var scope = NewDisposeScope();
        new PhotometricDistortion().Invoking(t => t.Apply(Images.Batch(1, 1, 4, 2, 2), Images.Context(1)))
            .Should().Throw<ArgumentException>().WithMessage("PhotometricDistortion needs RGB images; these have 4 channels.*");
    }
}
