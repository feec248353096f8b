using System.Text.Json;
using System.Text.Json.Nodes;
using FluentAssertions;
using Xunit;

namespace Inception.Tests.Specs;

public sealed class SpecJsonTests
{
    [Theory]
    [InlineData("paper")]
    [InlineData("tutorial")]
    [InlineData("torchvision")]
    [InlineData("cifar")]
    [InlineData("cifar-small")]
    [InlineData("cifar-fast")]
    public void A_preset_survives_json(string preset)
    {
        var spec = GoogLeNetSpec.FromName(preset);

        var read = JsonSerializer.Deserialize<GoogLeNetSpec>(JsonSerializer.Serialize(spec, SpecJson.Options), SpecJson.Options)!;

        read.Layers.Should().Equal(spec.Layers);
        read.Auxiliaries.Should().Equal(spec.Auxiliaries);
        (read with { Layers = spec.Layers, Auxiliaries = spec.Auxiliaries }).Should().Be(spec);
    }

    [Fact]
    public void A_spec_read_back_from_JSON_is_the_same()
    {
        foreach (var spec in GoogLeNetSpec.Presets)
        {
            var read = JsonSerializer.Deserialize<GoogLeNetSpec>(JsonSerializer.Serialize(spec, SpecJson.Options), SpecJson.Options)!;

            read.Should().Be(spec);
            read.GetHashCode().Should().Be(spec.GetHashCode());
            (read with { Auxiliaries = [.. read.Auxiliaries, new AuxiliarySpec("more", "4a")] }).Should().NotBe(spec);
            (read with { Layers = read.Layers[..^1] }).Should().NotBe(spec);
        }
    }

    [Fact]
    public void The_text_is_what_a_person_would_write()
    {
        var json = JsonSerializer.SerializeToNode(GoogLeNetSpec.Tutorial, SpecJson.Options)!;

        JsonNode.DeepEquals(json["layers"]![0], JsonNode.Parse(
            """{ "layer": "convolution", "name": "conv1", "channels": 64, "kernel": 7, "stride": 2, "bias": 0.2 }""")).Should().BeTrue();
        JsonNode.DeepEquals(json["layers"]![5], JsonNode.Parse(
            """
            { "layer": "inception", "name": "3a", "conv1x1": 64, "reduce3x3": 96, "conv3x3": 128,
              "reduce5x5": 16, "conv5x5": 32, "poolProjection": 32 }
            """)).Should().BeTrue();
        json["pooling"]!.GetValue<string>().Should().Be("same");
        json["blocks"]!["weights"]!.GetValue<string>().Should().Be("glorotUniform");
        json["auxiliaries"]![0]!["pooling"]!["pooling"]!.GetValue<string>().Should().Be("average");
    }

    [Theory]
    [InlineData("", "droopout", 0.5, "a misspelt field would silently keep its default")]
    [InlineData("blocks", "paddings", "same", "likewise in the blocks")]
    [InlineData("layers.0", "dilation", 2, "likewise in a layer")]
    [InlineData("auxiliaries.1", "loss", 0.3, "likewise in a head")]
    public void An_unknown_field_is_refused_by_its_name(string at, string field, object value, string reason)
    {
        var json = Preset();
        At(json, at)[field] = JsonValue.Create(value);

        Reading(json).Should().Throw<JsonException>(reason).WithMessage($"*{field}*");
    }

    [Theory]
    [InlineData("", "name")]
    [InlineData("", "inputSize")]
    [InlineData("", "layers")]
    [InlineData("layers.0", "name")]
    [InlineData("layers.0", "channels")]
    [InlineData("layers.5", "poolProjection")]
    [InlineData("auxiliaries.0", "after")]
    [InlineData("auxiliaries.0.pooling", "kernel")]
    public void A_missing_field_is_named(string at, string field)
    {
        var json = Preset();
        At(json, at).Remove(field).Should().BeTrue();

        Reading(json).Should().Throw<JsonException>().WithMessage($"*{field}*");
    }

    [Theory]
    [InlineData("", "blocks")]
    [InlineData("", "name")]
    [InlineData("layers.0", "name")]
    [InlineData("auxiliaries.0", "channels")]
    public void A_null_is_refused_where_a_value_belongs(string at, string field)
    {
        var json = Preset();
        At(json, at)[field] = null;

        Reading(json).Should().Throw<JsonException>();
    }

    [Theory]
    [InlineData("inputSize", "\"224\"", "numbers are not written as text")]
    [InlineData("inputSize", "224.5", "pixels are whole")]
    [InlineData("pooling", "\"up\"", "not a pooling rule")]
    [InlineData("layers", "[{ \"layer\": \"dense\", \"name\": \"x\" }]", "not a layer of the trunk")]
    public void A_value_of_the_wrong_kind_is_refused(string field, string value, string reason)
    {
        var json = Preset();
        json[field] = JsonNode.Parse(value);

        Reading(json).Should().Throw<JsonException>(reason);
    }

    [Fact]
    public void A_layer_of_no_kind_is_refused()
    {
        var json = Preset();
        json["layers"] = JsonNode.Parse("""[{ "name": "x" }]""");

        // System.Text.Json's own choice of exception; who reads a user's file has to catch both.
        Reading(json).Should().Throw<NotSupportedException>().WithMessage("*LayerSpec*discriminator*");
    }

    private static JsonObject Preset() => JsonSerializer.SerializeToNode(GoogLeNetSpec.Tutorial, SpecJson.Options)!.AsObject();

    private static JsonObject At(JsonNode json, string path) =>
        path.Split('.', StringSplitOptions.RemoveEmptyEntries)
            .Aggregate(json, (node, part) => int.TryParse(part, out var index) ? node[index]! : node[part]!).AsObject();

    private static Func<GoogLeNetSpec?> Reading(JsonObject json) =>
        FluentActions.Invoking(() => JsonSerializer.Deserialize<GoogLeNetSpec>(json.ToJsonString(), SpecJson.Options));
}
