using FluentAssertions;
using Inception.Data;
using Xunit;

namespace Inception.Tests.Transforms;

public sealed class TransformRangeTests
{
    public static TheoryData<string, Func<object>> OutOfRange => new()
    {
        { "size is 0; it must be at least 1.", () => new Resize(0) },
        { "width is 0; it must be at least 1.", () => new Resize(5, 0) },
        { "padding is 0; it must be at least 1.", () => new RandomCrop(0) },
        { "padding is -1; it must be at least 0.", () => new RandomCrop(-1, size: 4) },
        { "size is 0; it must be at least 1.", () => new RandomCrop(1, size: 0) },
        { "pixels is 0; it must be at least 1.", () => new Translate(0) },
        { "fill is NaN; it must be a finite number.", () => new Translate(1, double.NaN) },
        { "size is 0; it must be at least 1.", () => new Cutout(0) },
        { "fill is Infinity; it must be a finite number.", () => new Cutout(1, double.PositiveInfinity) },
        { "size is 0; it must be at least 1.", () => new RandomResizedCrop(0) },
        { "minArea is 0; it must be a finite number more than 0.", () => new RandomResizedCrop(8, minArea: 0) },
        { "minArea is 1.5; it must be in [0, 1].", () => new RandomResizedCrop(8, minArea: 1.5) },
        { "maxArea is 0.2; it must be in [0.5, 1].", () => new RandomResizedCrop(8, minArea: 0.5, maxArea: 0.2) },
        { "maxArea is 1.1; it must be in [0.08, 1].", () => new RandomResizedCrop(8, maxArea: 1.1) },
        { "minAspect is -1; it must be a finite number more than 0.", () => new RandomResizedCrop(8, minAspect: -1) },
        { "maxAspect is 0.5; it must be a finite number, 0.75 or more.", () => new RandomResizedCrop(8, maxAspect: 0.5) },
        { "brightness is 1.1; it must be in [0, 1].", () => new PhotometricDistortion(brightness: 1.1) },
        { "contrast is -0.1; it must be in [0, 1].", () => new PhotometricDistortion(contrast: -0.1) },
        { "saturation is NaN; it must be in [0, 1].", () => new PhotometricDistortion(saturation: double.NaN) },
        { "lighting is -1; it must be a finite number, 0 or more.", () => new PhotometricDistortion(lighting: -1) },
        { "maximum is 0; it must be a finite number more than 0.", () => new PhotometricDistortion(maximum: 0) },
    };

    [Theory]
    [MemberData(nameof(OutOfRange))]
    public void A_parameter_out_of_range_is_refused_with_its_name_and_range(string message, Func<object> make) =>
        make.Should().Throw<ArgumentOutOfRangeException>().WithMessage($"{message}*");
}
