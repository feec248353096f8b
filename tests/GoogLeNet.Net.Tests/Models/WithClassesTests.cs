using FluentAssertions;
using Inception.Data;
using Inception.Evaluation;
using Inception.Tests.Training;
using Xunit;
using static TorchSharp.torch;

namespace Inception.Tests.Models;

/// <summary>A network for other classes keeps everything but its classifiers.</summary>
[Collection(TorchCollection.Name)]
public sealed class WithClassesTests
{
    [Fact]
    public void Everything_but_the_classifiers_is_kept()
    {
        using var network = GoogLeNet.Create(3, Tiny.Spec(), seed: 1);
        using var fresh = GoogLeNet.Create(7, Tiny.Spec(), seed: 5);
        network.ClassNames = ["a", "b", "c"];
        network.SetPreprocessing(new Preprocessing([new ScaleToUnit()], height: 8));
        network.Freeze("conv1");
        network.State()["conv1.bn.running_mean"].fill_(0.25f);
        var before = network.Tensors();

        using var other = network.WithClasses(7, seed: 5);

        (other.NumClasses, other.ClassNames.Count, other.training).Should().Be((7, 0, false));
        other.Spec.Should().Be(network.Spec);
        other.GetPreprocessing()!.Height.Should().Be(8);
        other.parameters().Should().OnlyContain(parameter => parameter.requires_grad);
        foreach (var (key, tensor) in other.Tensors())
        {
            var isClassifier = key.StartsWith("fc.", StringComparison.Ordinal) || key.Contains(".fc2.");
            tensor.Data.Span.SequenceEqual((isClassifier ? fresh.Tensors() : before)[key].Data.Span).Should().BeTrue(key);
        }

        using (no_grad())
        {
            other.parameters().ToList().ForEach(parameter => parameter.zero_());
        }

        network.Tensors().Count(entry => entry.Value.Data.Span.SequenceEqual(before[entry.Key].Data.Span)).Should().Be(before.Count, "no memory is shared");
        network.Invoking(n => n.WithClasses(0)).Should().Throw<ArgumentOutOfRangeException>();
    }
}
