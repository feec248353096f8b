using FluentAssertions;
using Inception.Tests.Training;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Inception.Tests.Models;

/// <summary>Filters are channels last in every network, trained or not: in another layout libtorch rounds otherwise on some processors, and a loaded network would not give the trained one's bits.</summary>
[Collection(TorchCollection.Name)]
public sealed class MemoryLayoutTests
{
    public static TheoryData<string, Func<GoogLeNet, GoogLeNet>> Ways => new()
    {
        { "created", network => network.WithClasses(3, seed: 1) },
        { "of other classes", network => network.WithClasses(7, seed: 1) },
        { "without heads", network => network.WithoutAuxiliaries() },
        { "folded", network => network.FoldBatchNorm() },
        { "moved to another type", network => network.WithClasses(3, seed: 1).to(ScalarType.BFloat16) },
        { "loaded", Loaded },
    };

    [Theory]
    [MemberData(nameof(Ways))]
    public void Filters_are_channels_last(string way, Func<GoogLeNet, GoogLeNet> make)
    {
        using var created = GoogLeNet.Create(3, Tiny.Spec(), seed: 1);
        using var network = make(created);

        network.modules().OfType<ConvBnRelu>().Should().NotBeEmpty().And.OnlyContain(block => IsChannelsLast(block.Conv.weight), way);
    }

    private static bool IsChannelsLast(Tensor filters) =>
        filters.stride(1) == 1 && filters.stride(3) == filters.size(1) && filters.stride(2) == filters.size(3) * filters.size(1) && filters.stride(0) == filters.size(2) * filters.size(3) * filters.size(1);

    private static GoogLeNet Loaded(GoogLeNet network)
    {
        using var folder = new TestFolder();
        network.SaveWeights(Path.Combine(folder.Path, "weights.safetensors"));
        return GoogLeNet.Load(Path.Combine(folder.Path, "weights.safetensors"));
    }
}
