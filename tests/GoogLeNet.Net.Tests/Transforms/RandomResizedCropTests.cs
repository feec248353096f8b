using FluentAssertions;
using Inception.Data;
using Xunit;
using static TorchSharp.torch;

namespace Inception.Tests.Transforms;

[Collection(TorchCollection.Name)]
public sealed class RandomResizedCropTests
{
    [Theory]
    [InlineData(Interpolation.Nearest)]
    [InlineData(Interpolation.Bilinear)]
    [InlineData(Interpolation.Bicubic)]
    [InlineData(Interpolation.Area)]
    public void A_crop_equals_a_loop(Interpolation interpolation)
    {
        foreach (var (height, width, size) in new[] { (11, 8, 5), (6, 7, 9), (7, 7, 7) })
        {
            var crop = new RandomResizedCrop(size, interpolations: [interpolation]);
            PerImage.Compare(crop, 3, height, width, (image, context, sample) => Loop(crop, image, context, sample), tolerance: 2e-3);
        }
    }

    [Fact]
    public void A_batch_mixes_interpolations()
    {
        var crop = new RandomResizedCrop(6);
        PerImage.Compare(crop, 3, 9, 8, (image, context, sample) => Loop(crop, image, context, sample), tolerance: 2e-3);
    }

    [Fact]
    public void Windows_have_the_papers_shares_and_aspects()
    {
        const int n = 20_000, side = 1000; // so large that rounding to whole pixels does not matter
        var crop = new RandomResizedCrop(8);
        var context = Images.Context(n, seed: 2);
        var decisions = context.Samples.Select(sample => crop.Window(context, sample, side, side)).ToList();

        decisions.Should().OnlyContain(d => d.Top >= 0 && d.Left >= 0
            && d.Top + d.Height <= side && d.Left + d.Width <= side);
        var aspects = decisions.Select(d => Math.Log((double)d.Width / d.Height)).ToList();
        aspects.Should().OnlyContain(a => Math.Abs(a) < Math.Log(4.0 / 3) + 0.01);
        // What fits is less often large and oblong, the same for portrait and landscape: the mean of the logarithm stays 0.
        aspects.Average().Should().BeInRange(-0.006, 0.006); // 5 deviations of 0.166 / √n
        var shares = decisions.Select(d => (double)d.Width * d.Height / (side * side)).ToList();
        shares.Should().OnlyContain(s => s > 0.078 && s <= 1);
        // Up to 3/4 every aspect in range fits, so there the shares are uniform.
        var small = shares.Where(s => s < 0.75).ToList();
        small.Average().Should().BeApproximately((0.08 + 0.75) / 2, 5 * 0.193 / Math.Sqrt(small.Count));
        foreach (var group in decisions.GroupBy(d => d.Interpolation))
        {
            group.Count().Should().BeInRange((n / 4) - 306, (n / 4) + 306, $"{group.Key}"); // 5 deviations
        }
    }

    [Fact]
    public void An_image_in_which_no_window_fits_gives_its_middle()
    {
        var crop = new RandomResizedCrop(4, minArea: 0.9, minAspect: 1, maxAspect: 1);
        var context = Images.Context(50);

        context.Samples.Select(sample => crop.Window(context, sample, 5, 40) with { Interpolation = default }).Should().OnlyContain(w => w == new CropWindow(0, 17, 5, 5, default));
        context.Samples.Select(sample => crop.Window(context, sample, 41, 6) with { Interpolation = default }).Should().OnlyContain(w => w == new CropWindow(17, 0, 6, 6, default));
    }

    [Fact]
    public void Cubic_overshoot_of_uint8_images_stays_within_0_to_255()
    {
        using var scope = NewDisposeScope();
        var edge = tensor(new byte[] { 0, 0, 255, 255, 0, 0, 255, 255, 0, 0, 255, 255, 0, 0, 255, 255 }, [1, 1, 4, 4]);
        var crop = new RandomResizedCrop(16, minArea: 1, minAspect: 1, maxAspect: 1, interpolations: [Interpolation.Bicubic]);

        crop.Apply(edge, Images.Context(1)).Values().Should().OnlyContain(value => value >= 0 && value <= 255);
        crop.Apply(edge.to(ScalarType.Float32), Images.Context(1)).Values().Should().Contain(value => value < 0);
    }

    [Fact]
    public void Crops_with_equal_parameters_are_equal()
    {
        new RandomResizedCrop(8, interpolations: [Interpolation.Area]).Should().Be(new RandomResizedCrop(8, interpolations: [Interpolation.Area]));
        new RandomResizedCrop(8, interpolations: [Interpolation.Area]).Should().NotBe(new RandomResizedCrop(8));
        new RandomResizedCrop(8).GetHashCode().Should().Be(new RandomResizedCrop(8).GetHashCode());
    }

    private static PerImage Loop(RandomResizedCrop crop, PerImage image, BatchContext context, long sample)
    {
        var window = crop.Window(context, sample, image.Height, image.Width);
        var interpolation = window.Interpolation;
        double At(int c, int y, int x) =>
            image[c, window.Top + Math.Clamp(y, 0, window.Height - 1), window.Left + Math.Clamp(x, 0, window.Width - 1)];
        return PerImage.From(image.Channels, crop.Size, crop.Size, (c, i, j) =>
        {
            double y = (i + 0.5) * window.Height / crop.Size, x = (j + 0.5) * window.Width / crop.Size, sum = 0;
            if (interpolation == Interpolation.Nearest)
            {
                return At(c, (int)y, (int)x);
            }

            double halfHeight = window.Height / 2.0 / crop.Size, halfWidth = window.Width / 2.0 / crop.Size;
            for (var row = -3; row < window.Height + 3; row++)
            {
                for (var column = -3; column < window.Width + 3; column++)
                {
                    sum += At(c, row, column) * Weight(row, y, halfHeight) * Weight(column, x, halfWidth);
                }
            }

            return image.IsByte ? Math.Clamp(sum, 0, 255) : sum;
        });

        double Weight(int pixel, double centre, double half)
        {
            var distance = Math.Abs(pixel + 0.5 - centre);
            return interpolation switch
            {
                Interpolation.Bilinear => Math.Max(0, 1 - distance),
                Interpolation.Area => Math.Max(0, Math.Min(pixel + 1, centre + half) - Math.Max(pixel, centre - half)) / (2 * half),
                _ => distance < 1 ? (1.25 * Math.Pow(distance, 3)) - (2.25 * distance * distance) + 1
                    : distance < 2 ? -0.75 * (Math.Pow(distance, 3) - (5 * distance * distance) + (8 * distance) - 4) : 0,
            };
        }
    }
}
