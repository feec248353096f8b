using System.Text.Json;
using FluentAssertions;
using Inception.Data;
using Xunit;

namespace Inception.Tests.Transforms;

public sealed class TransformJsonTests
{
    private const string Json =
        """
        [
          { "transform": "resize", "size": 224 },
          { "transform": "resize", "size": 224, "width": 320 },
          { "transform": "randomCrop", "padding": 4 },
          { "transform": "randomCrop", "padding": 4, "mode": "reflect" },
          { "transform": "randomCrop", "padding": 0, "size": 224 },
          { "transform": "translate", "pixels": 3 },
          { "transform": "translate", "pixels": 3, "fill": 114 },
          { "transform": "cutout", "size": 8 },
          { "transform": "cutout", "size": 8, "fill": 127.5 },
          { "transform": "randomResizedCrop", "size": 224 },
          { "transform": "randomResizedCrop", "size": 32, "minArea": 0.25, "maxAspect": 1.5, "interpolations": ["area", "bicubic"] },
          { "transform": "photometricDistortion" },
          { "transform": "photometricDistortion", "contrast": 0.25, "lighting": 0, "maximum": 1 },
          { "transform": "horizontalFlip", "alternating": true },
          { "transform": "scaleToUnit" },
          { "transform": "normalize", "mean": [0.5, 0.4], "deviation": [0.25, 0.2] }
        ]
        """;

    private static readonly IBatchTransform[] Transforms =
    [
        new Resize(224), new Resize(224, 320), new RandomCrop(4), new RandomCrop(4, CropPadding.Reflect), new RandomCrop(0, size: 224),
        new Translate(3), new Translate(3, 114), new Cutout(8), new Cutout(8, 127.5), new RandomResizedCrop(224),
        new RandomResizedCrop(32, minArea: 0.25, maxAspect: 1.5, interpolations: [Interpolation.Area, Interpolation.Bicubic]),
        new PhotometricDistortion(), new PhotometricDistortion(contrast: 0.25, lighting: 0, maximum: 1),
        new HorizontalFlip(Alternating: true), new ScaleToUnit(), new Normalize([0.5, 0.4], [0.25, 0.2]),
    ];

    [Fact]
    public void A_list_of_transforms_is_read_from_json() =>
        JsonSerializer.Deserialize<IReadOnlyList<IBatchTransform>>(Json, SpecJson.Options).Should().Equal(Transforms);

    [Fact]
    public void A_list_of_transforms_survives_json()
    {
        var text = JsonSerializer.Serialize<IReadOnlyList<IBatchTransform>>(Transforms, SpecJson.Options);

        JsonSerializer.Deserialize<IReadOnlyList<IBatchTransform>>(text, SpecJson.Options).Should().Equal(Transforms);
    }

    [Fact]
    public void What_is_not_set_is_not_written() =>
        JsonSerializer.Serialize<IReadOnlyList<IBatchTransform>>([new Resize(224), new Resize(8, 8), new RandomCrop(4), new Translate(2)], SpecJson.Options)
            .Should().NotContain("null").And.NotContain("width");

    [Fact]
    public void Mixup_survives_json() =>
        JsonSerializer.Deserialize<Mixup>("""{ "alpha": 0.2 }""", SpecJson.Options).Should().Be(new Mixup(0.2))
            .And.Be(JsonSerializer.Deserialize<Mixup>(JsonSerializer.Serialize(new Mixup(0.2), SpecJson.Options), SpecJson.Options));

    [Theory]
    [InlineData("""[{ "transform": "rotate" }]""", "no such transform")]
    [InlineData("""[{ "transform": "randomCrop", "pading": 4 }]""", "a misspelt field")]
    [InlineData("""[{ "transform": "resize" }]""", "a missing field")]
    [InlineData("""[{ "transform": "randomCrop", "padding": 4, "mode": "wrap" }]""", "no such mode")]
    [InlineData("""[{ "transform": "randomResizedCrop", "size": 8, "interpolations": ["lanczos"] }]""", "no such interpolation")]
    public void What_is_no_transform_is_refused(string json, string reason) =>
        FluentActions.Invoking(() => JsonSerializer.Deserialize<IReadOnlyList<IBatchTransform>>(json, SpecJson.Options))
            .Should().Throw<JsonException>(reason);

    [Fact]
    public void A_value_out_of_range_is_refused_with_its_range() =>
        FluentActions.Invoking(() => JsonSerializer.Deserialize<IBatchTransform>("""{ "transform": "randomCrop", "padding": 0 }""", SpecJson.Options))
            .Should().Throw<ArgumentOutOfRangeException>().WithMessage("padding is 0; it must be at least 1.*");
}
