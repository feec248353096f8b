using FluentAssertions;
using Inception.Tests.Training;
using Inception.Training;
using Xunit;

namespace Inception.Tests.Weights;

[Collection(TorchCollection.Name)]
public sealed class AveragedWeightsTests : IDisposable
{
    private readonly TestFolder folder = new();

    [Fact]
    public void A_checkpoint_loads_as_its_weights_or_as_their_average()
    {
        using var trained = GoogLeNet.Create(3, Tiny.Spec(), seed: 1);
        using var averaged = GoogLeNet.Create(3, Tiny.Spec(), seed: 2);
        Checkpoint(trained, averaged);
        using var loaded = GoogLeNet.Create(3, Tiny.Spec(), seed: 3);

        loaded.LoadWeights(folder.Last, averaged: false).IsComplete.Should().BeTrue();
        loaded.Values().Should().BeEquivalentTo(trained.Values());

        loaded.LoadWeights(folder.Last, averaged: true).IsComplete.Should().BeTrue("the counters are the network's own");
        loaded.Values().Should().BeEquivalentTo(averaged.Values());
    }

    [Fact]
    public void A_file_without_averages_is_refused()
    {
        using var network = GoogLeNet.Create(3, Tiny.Spec(), seed: 1);
        network.SaveWeights(folder.Last);

        network.Invoking(n => n.LoadWeights(folder.Last, averaged: true)).Should().Throw<ArgumentException>()
            .WithMessage($"{folder.Last} holds no averaged weights; only checkpoints of runs with weight averaging do.*");
    }

    public void Dispose() => folder.Dispose();

    // One network's weights, and another's as their average.
    private void Checkpoint(GoogLeNet trained, GoogLeNet averaged)
    {
        using var flat = new FlatParameters(averaged);
        using var average = new AverageBuffer(averaged, flat, new ExponentialAverage());
        var tensors = trained.State().Select(entry => entry.Value.ToSafeTensor(entry.Key))
            .Concat(average.State.Select(entry => entry.Tensor.ToSafeTensor(entry.Key)));
        SafeTensorsFile.Write(folder.Last, new Dictionary<string, string> { [WeightsFormat.FormatKey] = WeightsFormat.Checkpoint }, tensors);
    }
}
