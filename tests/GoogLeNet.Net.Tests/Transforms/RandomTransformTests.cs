using FluentAssertions;
using Inception.Data;
using Xunit;
using static TorchSharp.torch;

namespace Inception.Tests.Transforms;

[Collection(TorchCollection.Name)]
public sealed class RandomTransformTests
{
    public static TheoryData<IBatchTransform> Random => new()
    {
        new RandomCrop(2), new HorizontalFlip(), new HorizontalFlip(Alternating: true), new RandomCrop(2, CropPadding.Reflect), new Translate(2),
        new Translate(1, 9), new Cutout(3), new RandomResizedCrop(4), new PhotometricDistortion(),
    };

    [Theory]
    [MemberData(nameof(Random))]
    public void What_happens_to_a_sample_depends_on_seed_epoch_and_sample_alone(IBatchTransform transform)
    {
        using var scope = NewDisposeScope();
        var images = Images.Batch(5, 24, 3, 6, 5);
        long[] order = [17, 3, 22, 0, 9];
        var all = PerSample(transform.Apply(images, Images.Context(24, seed: 4, epoch: 3)));

        var some = PerSample(transform.Apply(images.index_select(0, tensor(order)), new BatchContext(4, 3, order)));

        for (var i = 0; i < order.Length; i++)
        {
            // Not bit for bit: how a product of matrices is blocked may depend on how many there are.
            some[i].Zip(all[(int)order[i]], (a, b) => Math.Abs(a - b)).Max().Should().BeLessThan(1e-4f);
        }
    }

    [Theory]
    [MemberData(nameof(Random))]
    public void Another_seed_or_epoch_does_something_else(IBatchTransform transform)
    {
        using var scope = NewDisposeScope();
        var images = Images.Batch(5, 24, 3, 6, 5);
        float[] Values(int seed, int epoch) => transform.Apply(images, Images.Context(24, seed, epoch)).Values();

        Values(1, 0).Should().Equal(Values(1, 0));
        Values(1, 0).Should().NotEqual(Values(2, 0));
        Values(1, 0).Should().NotEqual(Values(1, 1));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_flip_mirrors_whole_images_left_to_right_about_half_of_them(bool alternating)
    {
        using var scope = NewDisposeScope();
        var images = Images.Batch(6, 2000, 1, 2, 3);
        var before = images.Values().Chunk(6).ToList();
        var after = new HorizontalFlip(alternating).Apply(images, Images.Context(2000)).Values().Chunk(6).ToList();

        var flipped = 0;
        foreach (var (was, now) in before.Zip(after))
        {
            float[] mirrored = [was[2], was[1], was[0], was[5], was[4], was[3]];
            (now.SequenceEqual(was) || now.SequenceEqual(mirrored)).Should().BeTrue();
            flipped += now.SequenceEqual(mirrored) ? 1 : 0;
        }

        flipped.Should().BeInRange(1000 - 112, 1000 + 112); // 5 deviations of a fair coin
    }

    [Fact]
    public void An_alternating_flip_shows_the_other_view_in_the_next_epoch()
    {
        var previous = Flipped(new HorizontalFlip(Alternating: true), 0);
        previous.Should().Contain(true).And.Contain(false);
        for (var epoch = 1; epoch < 5; epoch++)
        {
            var now = Flipped(new HorizontalFlip(Alternating: true), epoch);
            now.Should().Equal(previous.Select(flip => !flip));
            previous = now;
        }
    }

    [Fact]
    public void A_plain_flip_draws_anew_in_each_epoch()
    {
        var pairs = Flipped(new HorizontalFlip(), 0).Zip(Flipped(new HorizontalFlip(), 1)).ToList();

        pairs.Count(pair => pair.First == pair.Second).Should().BeInRange(250 - 56, 250 + 56); // 5 deviations
    }

    [Fact]
    public void A_crop_is_a_window_of_the_padded_image_at_a_uniform_offset()
    {
        using var scope = NewDisposeScope();
        const int n = 5000, height = 5, width = 4, padding = 1;
        // Pixels 1 … 20: what stands in the middle tells the offset.
        var pixels = Enumerable.Range(1, height * width).Select(value => (byte)value).ToArray();
        var images = tensor([.. Enumerable.Repeat(pixels, n * 2).SelectMany(image => image)], [n, 2, height, width]);
        var crops = new RandomCrop(padding).Apply(images, Images.Context(n, seed: 3, epoch: 2));
        crops.shape.Should().Equal(n, 2, height, width);
        crops.dtype.Should().Be(ScalarType.Byte);

        var counts = new int[9];
        foreach (var crop in crops.Values().Chunk(2 * height * width))
        {
            var middle = (int)crop[(2 * width) + 1] - 1;
            int down = (middle / width) - 2, right = (middle % width) - 1;
            for (var i = 0; i < crop.Length; i++)
            {
                int row = (i / width % height) + down, column = (i % width) + right;
                var expected = row < 0 || row >= height || column < 0 || column >= width ? 0 : (row * width) + column + 1;
                if (crop[i] != expected)
                {
                    crop[i].Should().Be(expected, $"pixel {i} moved by ({down}, {right})");
                }
            }

            counts[((down + 1) * 3) + right + 1]++;
        }

        counts.Sum(count => Math.Pow(count - (n / 9.0), 2) / (n / 9.0)).Should().BeLessThan(26.1); // 8 degrees of freedom, p = 0.001
    }

    private static List<float[]> PerSample(Tensor images) => [.. images.Values().Chunk((int)(images.numel() / images.shape[0]))];

    private static List<bool> Flipped(HorizontalFlip flip, int epoch)
    {
        using var scope = NewDisposeScope();
        var images = tensor([.. Enumerable.Repeat(new byte[] { 0, 1 }, 500).SelectMany(image => image)], [500, 1, 1, 2]);
        return [.. flip.Apply(images, Images.Context(500, seed: 8, epoch)).Values().Chunk(2).Select(image => image[0] == 1)];
    }
}
