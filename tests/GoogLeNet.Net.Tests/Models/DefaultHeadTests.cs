using System.Text.Json;
using FluentAssertions;
using Inception.Tests.Training;
using Xunit;
using static TorchSharp.torch;

namespace Inception.Tests.Models;

/// <summary>A head of which only the place is given fits there.</summary>
[Collection(TorchCollection.Name)]
public sealed class DefaultHeadTests
{
    // Pixels of the map of 4c, and what the paper's 5×5 windows with stride 3 leave of it.
    public static TheoryData<string, int, bool> Presets => new()
    {
        { "paper", 14, true }, { "tutorial", 14, true }, { "torchvision", 14, true }, { "cifar", 16, true }, { "cifar-small", 4, false }, { "cifar-fast", 4, false },
    };

    [Fact]
    public void Every_preset_is_tested() => Presets.Select(row => row[0]).Should().BeEquivalentTo(GoogLeNetSpec.Presets.Select(preset => preset.Name));

    [Theory]
    [MemberData(nameof(Presets))]
    public void The_line_of_the_readme_works_on_every_preset(string preset, int map, bool isThePapers)
    {
        using var scope = NewDisposeScope();
        using var folder = new TestFolder();
        var spec = GoogLeNetSpec.FromName(preset).WithWidth(0.25) with { Auxiliaries = [new AuxiliarySpec("side", After: "4c") { Weight = 0.2 }] };
        using var model = GoogLeNet.Create(5, spec);
        var images = Arrays.NoiseTensor(1, 2, 3, spec.InputSize, spec.InputSize);

        var head = model.Spec.Auxiliaries[0];
        head.Pooling.Should().Be(isThePapers ? new AveragePooling(5, 3) : new AdaptiveAveragePooling(4), $"the map has {map} pixels");
        head.Hidden.Should().Be(1024, "half of 128 channels of 4×4 pixels");
        model.State()["side.fc1.weight"].shape.Should().Equal(1024, 2048);
        model.train();
        model.call(images)["side"].shape.Should().Equal(2, 5);

        // The other ways through a spec: files, compiled networks, tables.
        model.eval();
        var file = Path.Combine(folder.Path, "weights.safetensors");
        model.SaveWeights(file);
        using var loaded = GoogLeNet.Load(file);
        loaded.AllHeads(images)["side"].Floats().Should().Equal(model.AllHeads(images)["side"].Floats());
        using var compiled = CompiledNetwork.Load(file, withAuxiliaries: true);
        var logits = compiled.HeadLogits(images.Floats(), count: 2);
        Arrays.RelativeError(logits[1], [.. model.AllHeads(images)["side"].Floats().Select(value => (double)value)]).Should().BeLessThan(1e-4);
        model.Summary().Rows.Single(row => row.Name == "side.fc1").Parameters.Should().Be(1024 * 2049);
    }

    [Theory]
    [InlineData(1, 1, 64)]
    [InlineData(2, 2, 256)]
    [InlineData(3, 3, 576)]
    [InlineData(8, 4, 1024)]
    [InlineData(14, 4, 1024)]
    [InlineData(17, 4, 1024)]
    [InlineData(28, 4, 1024)]
    public void The_pooling_follows_the_map_and_the_hidden_layer_the_pooling(int map, int pooled, int hidden)
    {
        using var scope = NewDisposeScope();
        using var head = new AuxiliaryClassifier(new AuxiliarySpec("side", "4c"), inChannels: 4, map, numClasses: 3);

        head.Spec.Hidden.Should().Be(hidden);
        head.get_parameter("fc1.weight")!.shape.Should().Equal(hidden, 128 * pooled * pooled);
        head.call(Arrays.NoiseTensor(1, 2, 4, map, map)).shape.Should().Equal(2, 3);
    }

    [Fact]
    public void What_a_spec_says_is_left_alone()
    {
        var spec = Tiny.Spec() with { Auxiliaries = [new("a", "3a") { Pooling = new AdaptiveAveragePooling(3) }, new("b", "3b") { Hidden = 7 }] };
        using var model = GoogLeNet.Create(3, spec);

        model.Spec.Auxiliaries.Should().Equal(
            new AuxiliarySpec("a", "3a") { Pooling = new AdaptiveAveragePooling(3), Hidden = 128 * 9 / 2 },
            new AuxiliarySpec("b", "3b") { Pooling = new AdaptiveAveragePooling(4), Hidden = 7 });
    }

    [Fact]
    public void A_head_that_leaves_all_open_survives_json_and_files_name_what_was_built()
    {
        var spec = Tiny.Spec() with { Auxiliaries = [new("side", "3a")] };
        using var model = GoogLeNet.Create(3, spec);

        JsonSerializer.Deserialize<GoogLeNetSpec>(JsonSerializer.Serialize(spec, SpecJson.Options), SpecJson.Options)!.Auxiliaries.Should().Equal(spec.Auxiliaries);
        model.Configuration.Should().Contain("adaptiveAverage").And.Contain("\"hidden\": 1024");
    }
}
