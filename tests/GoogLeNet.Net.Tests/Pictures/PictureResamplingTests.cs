using FluentAssertions;
using Inception.Data;
using Inception.Pictures;
using Xunit;
using static TorchSharp.torch;

namespace Inception.Tests.Pictures;

/// <summary>The resizing that needs no libtorch gives libtorch's bytes, which are Pillow's.</summary>
[Collection(TorchCollection.Name)]
public sealed class PictureResamplingTests
{
    public static TheoryData<int, int, int, int> Sizes => new()
    {
        { 480, 640, 224, 224 }, { 640, 480, 224, 224 }, { 100, 100, 32, 32 }, { 33, 31, 32, 32 }, { 32, 32, 32, 32 }, { 7, 9, 32, 32 }, { 1, 1, 5, 5 }, { 1, 50, 8, 8 }, { 50, 1, 8, 8 },
        { 300, 200, 96, 128 }, { 2000, 3, 8, 8 }, { 3, 2000, 8, 8 }, { 257, 255, 1, 2 }, { 64, 64, 63, 65 }, { 5, 1000, 30, 10 },
    };

    [Theory]
    [MemberData(nameof(Sizes))]
    public void It_is_libtorchs_to_the_last_bit(int rows, int columns, int height, int width)
    {
        using var scope = NewDisposeScope();
        foreach (var channels in new[] { 1, 3 })
        {
            var picture = Noise(rows, columns, channels);
            foreach (var fit in Enum.GetValues<ImageFit>())
            {
                var expected = PictureResize.Fit(picture.permute(2, 0, 1).contiguous(), height, width, fit).permute(1, 2, 0).contiguous().bytes.ToArray();
                var (vertical, horizontal) = PictureAxis.Of(rows, columns, height, width, fit == ImageFit.Stretch);

                var found = PictureResampling.Resize(picture.bytes, columns, channels, vertical, horizontal, height, width);

                found.AsSpan().SequenceEqual(expected).Should().BeTrue("{0} channels, {1}: {2} of {3} differ", channels, fit, found.Zip(expected).Count(pair => pair.First != pair.Second), found.Length);
            }
        }
    }

    private static Tensor Noise(int rows, int columns, int channels)
    {
        using var generator = new Generator(1, CPU);
        return randint(0, 256, [rows, columns, channels], dtype: ScalarType.Byte, generator: generator);
    }
}
