using FluentAssertions;
using Xunit;

namespace Inception.Tests.Models;

/// <summary>Every <c>key shape</c> line of a network's state, against lists written by the generate_*.py beside this file.</summary>
[Collection(TorchCollection.Name)]
public sealed class StateKeyTests
{
    [Theory]
    [InlineData("paper", "Table 1")]
    [InlineData("tutorial", "Table 1")]
    [InlineData("torchvision", "torchvision's own state dictionary")]
    [InlineData("cifar", "Table 1")]
    [InlineData("cifar-small", "Table 1, half as wide")]
    [InlineData("cifar-fast", "the same behind a whitening of 4×4 patches")]
    public void Keys_and_shapes_are_those_of_the_source(string preset, string source)
    {
        using var model = GoogLeNet.Create(10, GoogLeNetSpec.FromName(preset));

        Lines(model).Should().Equal(Approved(preset), source);
    }

    [Fact]
    public void Every_preset_has_a_list() =>
        Directory.GetFiles(Repository.PathOf("tests", "GoogLeNet.Net.Tests", "Models", "Approved"), "*.txt").Select(Path.GetFileNameWithoutExtension)
            .Should().BeEquivalentTo(GoogLeNetSpec.Presets.Select(preset => preset.Name));

    [Theory]
    [InlineData(true, 364, 13_004_888)]
    [InlineData(false, 344, 6_624_904)]
    public void With_1000_classes_torchvisions_network_has_torchvisions_entries_and_parameters(bool heads, int entries, long parameters)
    {
        var spec = heads ? GoogLeNetSpec.TorchVision : GoogLeNetSpec.TorchVision with { Auxiliaries = [] };
        using var model = GoogLeNet.Create(1000, spec);

        Lines(model).Should().HaveCount(entries);
        model.named_parameters().Sum(named => named.parameter.numel()).Should().Be(parameters);
    }

    [Fact]
    public void No_layer_has_a_second_name_which_its_weights_would_be_drawn_anew_by()
    {
        foreach (var spec in GoogLeNetSpec.Presets)
        {
            using var model = GoogLeNet.Create(10, spec.WithWidth(0.02));

            model.named_modules().Select(named => named.module).Should().OnlyHaveUniqueItems(spec.Name);
        }
    }

    private static List<string> Lines(GoogLeNet model) =>
        [.. model.named_parameters().Select(named => (named.name, named.parameter.shape))
            .Concat(model.named_buffers().Select(named => (named.name, named.buffer.shape)))
            .Select(entry => $"{entry.name} {string.Join('x', entry.shape)}".TrimEnd()).Order(StringComparer.Ordinal)];

    private static string[] Approved(string name) =>
        File.ReadAllLines(Repository.PathOf("tests", "GoogLeNet.Net.Tests", "Models", "Approved", $"{name}.txt"));
}
