using FluentAssertions;
using Inception.Architecture;
using Xunit;

namespace Inception.Tests.Model;

/// <summary>Every <c>key shape</c> line of a network's state, against lists written by the generate_*.py beside this file.</summary>
[Collection(TorchCollection.Name)]
public sealed class StateKeyTests
{
    [Theory]
    [InlineData("tutorial")]
    [InlineData("cifar-small")]
    public void Keys_and_shapes_follow_from_Table_1(string preset)
    {
        using var model = GoogLeNet.Create(10, GoogLeNetSpec.FromName(preset));

        Lines(model).Should().Equal(Approved(preset));
    }

    [Fact]
    public void The_network_with_torchvisions_choices_has_torchvisions_keys_and_shapes()
    {
        var spec = GoogLeNetSpec.Paper with
        {
            Name = "torchvision",
            Layers = [.. GoogLeNetSpec.Paper.Layers.Where(layer => layer is not LocalResponseNormSpec)],
            Auxiliaries = [.. GoogLeNetSpec.Paper.Auxiliaries.Select(head => head with { Pooling = new AdaptiveAveragePooling(4) })],
            Blocks = new() { Normalization = Normalization.BatchNorm, Branch5x5 = Branch5x5.Conv3x3 },
        };
        using var model = GoogLeNet.Create(10, spec);

        Lines(model).Should().HaveCount(364).And.Equal(Approved("torchvision"));
    }

    private static List<string> Lines(GoogLeNet model) =>
        [.. model.named_parameters().Select(named => (named.name, named.parameter.shape))
            .Concat(model.named_buffers().Select(named => (named.name, named.buffer.shape)))
            .Select(entry => $"{entry.name} {string.Join('x', entry.shape)}".TrimEnd()).Order(StringComparer.Ordinal)];

    private static string[] Approved(string name)
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder!.FullName, "GoogLeNet.Net.sln")))
        {
            folder = folder.Parent;
        }

        return File.ReadAllLines(Path.Combine(folder.FullName, "tests", "GoogLeNet.Net.Tests", "Model", "Approved", $"{name}.txt"));
    }
}
