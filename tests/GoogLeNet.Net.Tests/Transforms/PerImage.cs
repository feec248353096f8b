using FluentAssertions;
using Inception.Data;
using static TorchSharp.torch;

namespace Inception.Tests.Transforms;

/// <summary>One image in plain numbers, and a batch transform held against a loop over such images.</summary>
internal sealed class PerImage(int channels, int height, int width)
{
    /// <summary>Batches whose samples come in no order, one of a single image.</summary>
    private static readonly long[][] Batches = [[17, 3, 22, 0, 9, 40_000, 1, 2, 5, 8, 13, 21], [6]];

    public int Channels { get; } = channels;

    public int Height { get; } = height;

    public int Width { get; } = width;

    /// <summary>Whether the image came in as uint8.</summary>
    public bool IsByte { get; init; }

    public double[,,] Pixels { get; } = new double[channels, height, width];

    public double this[int channel, int row, int column]
    {
        get => Pixels[channel, row, column];
        set => Pixels[channel, row, column] = value;
    }

    public static PerImage From(int channels, int height, int width, Func<int, int, int, double> pixel, bool isByte = false)
    {
        var image = new PerImage(channels, height, width) { IsByte = isByte };
        for (var c = 0; c < channels; c++)
        {
            for (var y = 0; y < height; y++)
            {
                for (var x = 0; x < width; x++)
                {
                    image[c, y, x] = pixel(c, y, x);
                }
            }
        }

        return image;
    }

    /// <summary>Compares the transform of uint8 and float32 batches, in either memory order, with <paramref name="loop"/>, image by image.</summary>
    public static void Compare(
        IBatchTransform transform, int channels, int height, int width, Func<PerImage, BatchContext, long, PerImage> loop, double tolerance, double maximum = 255)
    {
        foreach (var samples in Batches)
        {
            var context = new BatchContext(3, 2, samples);
            using var scope = NewDisposeScope();
            var bytes = Images.Batch(7, samples.Length, channels, height, width);
            var floats = bytes.to(ScalarType.Float32).mul(maximum / 255);
            foreach (var images in new[] { bytes, floats, ChannelsLast.Images(ChannelsLast.Pixels(floats)), ChannelsLast.Images(ChannelsLast.Pixels(bytes)) })
            {
                if (images.dtype == ScalarType.Byte && maximum != 255)
                {
                    continue;
                }

                var expected = Split(images).Zip(samples, (image, sample) => loop(image, context, sample)).ToList();
                var actual = transform.Apply(images, context);

                actual.shape.Should().Equal(samples.Length, expected[0].Channels, expected[0].Height, expected[0].Width);
                var error = actual.Values().Zip(expected.SelectMany(image => image.Pixels.Cast<double>()), (a, e) => Math.Abs(a - e)).Max();
                error.Should().BeLessThanOrEqualTo(tolerance, $"{transform} of {images.dtype} with strides {string.Join(", ", images.stride())}");
            }
        }
    }

    private static IEnumerable<PerImage> Split(Tensor images)
    {
        var (channels, height, width) = ((int)images.shape[1], (int)images.shape[2], (int)images.shape[3]);
        return images.Values().Chunk(channels * height * width).Select(
            values => From(channels, height, width, (c, y, x) => values[(((c * height) + y) * width) + x], images.dtype == ScalarType.Byte));
    }
}
