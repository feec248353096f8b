using System.Text.Json;
using FluentAssertions;
using Inception.Architecture;
using Inception.Data.Transforms;
using Xunit;

namespace Inception.Tests.Transforms;

public sealed class TransformJsonTests
{
    private const string Json =
        """
        [
          { "transform": "resize", "size": 224 },
          { "transform": "randomCrop", "padding": 4 },
          { "transform": "horizontalFlip", "alternating": true },
          { "transform": "scaleToUnit" },
          { "transform": "normalize", "mean": [0.5, 0.4], "deviation": [0.25, 0.2] }
        ]
        """;

    private static readonly IBatchTransform[] Transforms =
        [new Resize(224), new RandomCrop(4), new HorizontalFlip(Alternating: true), new ScaleToUnit(), new Normalize([0.5, 0.4], [0.25, 0.2])];

    [Fact]
    public void A_list_of_transforms_is_read_from_json() =>
        JsonSerializer.Deserialize<IReadOnlyList<IBatchTransform>>(Json, SpecJson.Options).Should().Equal(Transforms);

    [Fact]
    public void A_list_of_transforms_survives_json()
    {
        var text = JsonSerializer.Serialize<IReadOnlyList<IBatchTransform>>(Transforms, SpecJson.Options);

        JsonSerializer.Deserialize<IReadOnlyList<IBatchTransform>>(text, SpecJson.Options).Should().Equal(Transforms);
    }

    [Theory]
    [InlineData("""[{ "transform": "rotate" }]""", "no such transform")]
    [InlineData("""[{ "transform": "randomCrop", "pading": 4 }]""", "a misspelt field")]
    [InlineData("""[{ "transform": "resize" }]""", "a missing field")]
    public void What_is_no_transform_is_refused(string json, string reason) =>
        FluentActions.Invoking(() => JsonSerializer.Deserialize<IReadOnlyList<IBatchTransform>>(json, SpecJson.Options))
            .Should().Throw<JsonException>(reason);

    [Fact]
    public void A_value_out_of_range_is_refused_with_its_range() =>
        FluentActions.Invoking(() => JsonSerializer.Deserialize<IBatchTransform>("""{ "transform": "randomCrop", "padding": 0 }""", SpecJson.Options))
            .Should().Throw<ArgumentOutOfRangeException>().WithMessage("padding is 0; it must be at least 1.*");
}
