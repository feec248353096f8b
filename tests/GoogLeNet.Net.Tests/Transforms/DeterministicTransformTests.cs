using FluentAssertions;
using Inception.Data;
using Inception.Tests.Torch;
using Xunit;
using static TorchSharp.torch;

namespace Inception.Tests.Transforms;

[Collection(TorchCollection.Name)]
public sealed class DeterministicTransformTests
{
    [Fact]
    public void ScaleToUnit_divides_by_255()
    {
        using var scope = NewDisposeScope();
        var images = tensor(new byte[] { 0, 1, 51, 128, 254, 255 }, [1, 1, 2, 3]);

        var scaled = new ScaleToUnit().Apply(images, Images.Context(1));

        scaled.dtype.Should().Be(ScalarType.Float32);
        scaled.Floats().Should().Equal(0f, 1 / 255f, 0.2f, 128 / 255f, 254 / 255f, 1f);
    }

    [Fact]
    public void Normalize_subtracts_each_channels_mean_and_divides_by_its_deviation()
    {
        using var scope = NewDisposeScope();
        var images = Images.Batch(3, 2, 3, 2, 2);
        double[] mean = [125.307, 122.950, 113.865], deviation = [62.993, 62.089, 66.705];

        var expected = images.Values().Select((value, i) => (value - mean[i / 4 % 3]) / deviation[i / 4 % 3]).ToList();

        var normalised = new Normalize([.. mean], [.. deviation]).Apply(images, Images.Context(2));
        normalised.dtype.Should().Be(ScalarType.Float32);
        Arrays.RelativeError(normalised.Floats(), expected).Should().BeLessThan(1e-6);
    }

    [Theory]
    [InlineData(new double[0], new double[0], "no channels")]
    [InlineData(new[] { 1.0, 2 }, new[] { 1.0 }, "fewer deviations than means")]
    [InlineData(new[] { 1.0 }, new[] { 0.0 }, "division by 0")]
    [InlineData(new[] { 1.0 }, new[] { -1.0 }, "a negative deviation")]
    [InlineData(new[] { 1.0 }, new[] { double.NaN }, "no number")]
    [InlineData(new[] { 1.0 }, new[] { double.PositiveInfinity }, "everything would become 0")]
    [InlineData(new[] { double.NaN }, new[] { 1.0 }, "everything would become NaN")]
    public void Normalize_refuses_lists_that_make_no_sense(double[] mean, double[] deviation, string reason) =>
        FluentActions.Invoking(() => new Normalize([.. mean], [.. deviation])).Should().Throw<ArgumentException>(reason)
            .WithMessage("Normalize needs one *mean and one *deviation more than 0 for each channel.*");

    [Fact]
    public void Normalize_refuses_images_with_another_number_of_channels()
    {
        using var scope = NewDisposeScope();
        new Normalize([1, 2], [3, 4]).Invoking(n => n.Apply(Images.Batch(1, 1, 3, 2, 2), Images.Context(1)))
            .Should().Throw<ArgumentException>().WithMessage("Normalize has 2 channels; the images have 3.*");
    }

    [Fact]
    public void Two_normalisations_with_equal_numbers_are_equal()
    {
        new Normalize([1, 2], [3, 4]).Should().Be(new Normalize([1, 2], [3, 4]));
        new Normalize([1, 2], [3, 4]).GetHashCode().Should().Be(new Normalize([1, 2], [3, 4]).GetHashCode());
        new Normalize([1, 2], [3, 4]).Should().NotBe(new Normalize([1, 2], [3, 5]));
    }

    [Theory]
    [InlineData(5, 5, 9)]
    [InlineData(32, 32, 224)]
    [InlineData(12, 7, 5)]
    [InlineData(4, 4, 4)]
    [InlineData(3, 3, 1)]
    [InlineData(1, 1, 3)]
    public void Resize_is_bilinear_with_half_pixel_centres(int height, int width, int size)
    {
        using var scope = NewDisposeScope();
        var images = Images.Batch(7, 1, 2, height, width);
        var x = images.to(ScalarType.Float32).Grid();
        var expected = new List<double>();
        for (var c = 0; c < 2; c++)
        {
            for (var row = 0; row < size; row++)
            {
                for (var column = 0; column < size; column++)
                {
                    var (top, bottom, v) = Between(row, height, size);
                    var (left, right, u) = Between(column, width, size);
                    expected.Add(
                        ((1 - v) * (((1 - u) * x[0, c, top, left]) + (u * x[0, c, top, right])))
                        + (v * (((1 - u) * x[0, c, bottom, left]) + (u * x[0, c, bottom, right]))));
                }
            }
        }

        var resized = new Resize(size).Apply(images, Images.Context(1));

        resized.shape.Should().Equal(1, 2, size, size);
        resized.dtype.Should().Be(ScalarType.Float32);
        Arrays.RelativeError(resized.Floats(), expected).Should().BeLessThan(1e-5);
    }

    public static TheoryData<IBatchTransform> All => new()
    {
        new ScaleToUnit(), new Normalize([1, 2, 3], [4, 5, 6]), new Resize(6), new Resize(3), new RandomCrop(2), new HorizontalFlip(), new HorizontalFlip(true),
        new Resize(6, 6), new Resize(3, 8), new RandomCrop(2, CropPadding.Reflect), new RandomCrop(0, size: 6), new Translate(2), new Translate(2, 3),
        new Cutout(3), new RandomResizedCrop(6), new PhotometricDistortion(), new PhotometricDistortion(0, 0, 0, 0),
    };

    [Theory]
    [MemberData(nameof(All))]
    public void A_transform_leaves_its_input_as_it_is(IBatchTransform transform)
    {
        using var scope = NewDisposeScope();
        foreach (var type in new[] { ScalarType.Byte, ScalarType.Float32 })
        {
            var images = Images.Batch(9, 4, 3, 6, 6).to(type);
            var before = images.Values();

            transform.Apply(images, Images.Context(4));

            images.Values().Should().Equal(before, $"{type}");
        }
    }

    [Theory]
    [MemberData(nameof(All))]
    public void A_transforms_result_is_a_tensor_of_its_own(IBatchTransform transform)
    {
        using var scope = NewDisposeScope();
        var images = Images.Batch(9, 4, 3, 6, 6).to(ScalarType.Float32);
        var before = images.Values();
        var result = transform.Apply(images, Images.Context(4));

        result.fill_(7);

        images.Values().Should().Equal(before);
    }

    [Theory]
    [MemberData(nameof(All))]
    public void A_transform_disposes_all_but_its_result(IBatchTransform transform)
    {
        using var images = Images.Batch(9, 4, 3, 6, 6);
        LiveTensors.Settle();
        var before = Tensor.TotalCount;

        transform.Apply(images, Images.Context(4)).Dispose();

        Tensor.TotalCount.Should().Be(before);
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Channels_last_images_stay_channels_last(IBatchTransform transform)
    {
        using var scope = NewDisposeScope();
        var images = ChannelsLast.Images(ChannelsLast.Pixels(Images.Batch(9, 4, 3, 6, 6)));

        var result = transform.Apply(images, Images.Context(4));

        result.permute(0, 2, 3, 1).is_contiguous().Should().BeTrue();
    }

    private static (int Low, int High, double Share) Between(int index, int from, int to)
    {
        var position = Math.Max(((index + 0.5) * from / to) - 0.5, 0);
        var low = Math.Min((int)position, from - 1);
        return (low, Math.Min(low + 1, from - 1), position - low);
    }
}
