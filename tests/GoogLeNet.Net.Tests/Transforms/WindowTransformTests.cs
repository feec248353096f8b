using FluentAssertions;
using Inception.Data;
using Xunit;
using static TorchSharp.torch;

namespace Inception.Tests.Transforms;

/// <summary>What moves or covers pixels, against loops over single images.</summary>
[Collection(TorchCollection.Name)]
public sealed class WindowTransformTests
{
    [Theory]
    [InlineData(1, CropPadding.Zero, null, 6, 5, "one pixel")]
    [InlineData(4, CropPadding.Zero, null, 6, 5, "more than half of the image")]
    [InlineData(9, CropPadding.Zero, null, 6, 5, "more than the image")]
    [InlineData(2, CropPadding.Reflect, null, 6, 5, "a mirrored border")]
    [InlineData(4, CropPadding.Reflect, null, 6, 5, "the widest mirrored border")]
    [InlineData(0, CropPadding.Zero, 4, 6, 5, "a smaller window without padding")]
    [InlineData(0, CropPadding.Reflect, 5, 6, 5, "a window as wide as the image")]
    [InlineData(3, CropPadding.Zero, 9, 6, 5, "a window larger than the image")]
    [InlineData(2, CropPadding.Reflect, 3, 6, 5, "a smaller window of a mirrored image")]
    public void RandomCrop_equals_a_loop(int padding, CropPadding mode, int? size, int height, int width, string reason)
    {
        _ = reason;
        PerImage.Compare(new RandomCrop(padding, mode, size), 3, height, width, Loop, tolerance: 0);

        PerImage Loop(PerImage image, BatchContext context, long sample)
        {
            int rows = size ?? height, columns = size ?? width;
            var top = Draw("RandomCrop.rows", context, height + (2 * padding) - rows + 1, sample) - padding;
            var left = Draw("RandomCrop.columns", context, width + (2 * padding) - columns + 1, sample) - padding;
            return PerImage.From(3, rows, columns, (c, y, x) => At(image, c, top + y, left + x));
        }

        double At(PerImage image, int c, int y, int x)
        {
            if (mode == CropPadding.Reflect)
            {
                return image[c, Mirrored(y, height), Mirrored(x, width)];
            }

            return y < 0 || x < 0 || y >= height || x >= width ? 0 : image[c, y, x];
        }
    }

    [Theory]
    [InlineData(1, null)]
    [InlineData(3, null)]
    [InlineData(8, null)]
    [InlineData(2, 0.0)]
    [InlineData(7, 114.0)]
    public void Translate_equals_a_loop(int pixels, double? fill)
    {
        PerImage.Compare(new Translate(pixels, fill), 2, 6, 5, Loop, tolerance: 0);

        PerImage Loop(PerImage image, BatchContext context, long sample)
        {
            var down = Draw("Translate.rows", context, (2 * pixels) + 1, sample) - pixels;
            var right = Draw("Translate.columns", context, (2 * pixels) + 1, sample) - pixels;
            return PerImage.From(2, 6, 5, (c, y, x) =>
            {
                int row = y + down, column = x + right;
                var inside = row is >= 0 and < 6 && column is >= 0 and < 5;
                return inside || fill is null ? image[c, Math.Clamp(row, 0, 5), Math.Clamp(column, 0, 4)] : fill.Value;
            });
        }
    }

    [Theory]
    [InlineData(1, 0.0)]
    [InlineData(2, 128.0)]
    [InlineData(3, 7.0)]
    [InlineData(4, 0.0)]
    [InlineData(40, 9.0)]
    [InlineData(int.MaxValue, 9.0)]
    public void Cutout_equals_a_loop(int size, double fill)
    {
        PerImage.Compare(new Cutout(size, fill), 3, 7, 6, Loop, tolerance: 0);

        PerImage Loop(PerImage image, BatchContext context, long sample)
        {
            long top = Draw("Cutout.rows", context, 7, sample) - (size / 2), left = Draw("Cutout.columns", context, 6, sample) - (size / 2);
            return PerImage.From(3, 7, 6, (c, y, x) => y >= top && y < top + size && x >= left && x < left + size ? fill : image[c, y, x]);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void HorizontalFlip_equals_a_loop(bool alternating)
    {
        PerImage.Compare(new HorizontalFlip(alternating), 3, 4, 5, Loop, tolerance: 0);

        PerImage Loop(PerImage image, BatchContext context, long sample)
        {
            var random = alternating ? new CounterRandom(context.Seed, "HorizontalFlip") : new CounterRandom(context.Seed, "HorizontalFlip", context.Epoch);
            var flips = ((random.Bits(sample) >> 32) & 1) == 1;
            flips ^= alternating && context.Epoch % 2 == 1;
            return PerImage.From(3, 4, 5, (c, y, x) => image[c, y, flips ? 4 - x : x]);
        }
    }

    [Fact]
    public void A_crop_without_padding_reads_a_part_of_a_larger_tensor()
    {
        using var scope = NewDisposeScope();
        var all = Images.Batch(3, 6, 3, 5, 5);
        var context = Images.Context(2, seed: 1);

        var part = new RandomCrop(0, size: 4).Apply(all.narrow(0, 4, 2), context);

        part.Values().Should().Equal(new RandomCrop(0, size: 4).Apply(all.narrow(0, 4, 2).clone(), context).Values());
    }

    [Fact]
    public void The_centre_of_a_cutout_is_uniform_over_the_pixels()
    {
        using var scope = NewDisposeScope();
        const int n = 6000;
        var cut = new Cutout(1).Apply(ones([n, 1, 3, 4], ScalarType.Byte), Images.Context(n, seed: 5)).Values();
        var counts = new int[12];
        foreach (var image in cut.Chunk(12))
        {
            counts[Array.IndexOf(image, 0f)]++;
        }

        counts.Sum(count => Math.Pow(count - (n / 12.0), 2) / (n / 12.0)).Should().BeLessThan(31.3); // 11 degrees of freedom, p = 0.001
    }

    [Theory]
    [InlineData(5, CropPadding.Reflect, null, "nothing left to mirror")]
    [InlineData(0, CropPadding.Zero, 6, "a window wider than the image")]
    [InlineData(1, CropPadding.Zero, 9, "a window larger than the padded image")]
    public void RandomCrop_refuses_images_that_are_too_small(int padding, CropPadding mode, int? size, string reason)
    {
        using var scope = NewDisposeScope();
        new RandomCrop(padding, mode, size).Invoking(crop => crop.Apply(Images.Batch(1, 1, 3, 6, 5), Images.Context(1)))
            .Should().Throw<ArgumentException>(reason).WithMessage($"RandomCrop with padding {padding} ({mode}) cannot cut * from images of 6×5.*");
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(256)]
    [InlineData(0.5)]
    public void Uint8_images_are_filled_with_whole_numbers_that_they_can_hold(double fill)
    {
        using var scope = NewDisposeScope();
        foreach (var transform in new IBatchTransform[] { new Cutout(2, fill), new Translate(2, fill) })
        {
            transform.Invoking(t => t.Apply(Images.Batch(1, 1, 3, 6, 5), Images.Context(1))).Should().Throw<ArgumentException>()
                .WithMessage(FormattableString.Invariant($"fill is {fill}; in uint8 images it must be a whole number 0 to 255.*"));
            transform.Invoking(t => t.Apply(Images.Batch(1, 1, 3, 6, 5).to(ScalarType.Float32), Images.Context(1))).Should().NotThrow();
        }
    }

    private static int Draw(string stream, BatchContext context, int bound, long sample) =>
        new CounterRandom(context.Seed, stream, context.Epoch).Below(bound, sample);

    private static int Mirrored(int index, int length) => index < 0 ? -index : index >= length ? (2 * (length - 1)) - index : index;
}
