using FluentAssertions;
using Inception.Data;
using Xunit;
using static TorchSharp.torch;

namespace Inception.Tests.Transforms;

[Collection(TorchCollection.Name)]
public sealed class OpenCvTests
{
    [Theory]
    [InlineData("uint8", 1.0 / 255, "OpenCV rounds to whole numbers")]
    [InlineData("float32", 1e-5, "only the order of the arithmetic differs")]
    public void Resize_equals_OpenCV(string type, double tolerance, string reason)
    {
        foreach (var expected in OpenCv.Cases(type))
        {
            using var scope = NewDisposeScope();
            var image = tensor(expected.Image, [1, 1, expected.Height, expected.Width]);
            var resized = new Resize(expected.OutHeight, expected.OutWidth).Apply(type == "uint8" ? image : image.to(ScalarType.Float32), Images.Context(1));

            resized.shape.Should().Equal(1, 1, expected.OutHeight, expected.OutWidth);
            var results = type == "uint8" ? expected.Result.Select(value => (float)value) : expected.Floats;
            new ScaleToUnit().Apply(resized, Images.Context(1)).Values().Zip(results, (a, e) => Math.Abs(a - (e / 255))).Max()
                .Should().BeLessThanOrEqualTo((float)tolerance, $"{expected}: {reason}");
        }
    }

    [Theory]
    [InlineData("nearest", Interpolation.Nearest)]
    [InlineData("bilinear", Interpolation.Bilinear)]
    [InlineData("bicubic", Interpolation.Bicubic)]
    [InlineData("area", Interpolation.Area)]
    public void A_crops_interpolation_equals_OpenCV(string name, Interpolation interpolation)
    {
        foreach (var expected in OpenCv.Cases(name))
        {
            using var scope = NewDisposeScope();
            var image = tensor(expected.Image, [1, 1, expected.Height, expected.Width]).to(ScalarType.Float32);
            var whole = (double)expected.Width / expected.Height;
            var crop = new RandomResizedCrop(8, minArea: 1, minAspect: whole, maxAspect: whole, interpolations: [interpolation]);

            var resized = crop.Apply(image, Images.Context(1));

            resized.Values().Zip(expected.Floats, (a, e) => Math.Abs(a - e)).Max().Should().BeLessThan(1e-3f, $"{expected}");
        }
    }
}
