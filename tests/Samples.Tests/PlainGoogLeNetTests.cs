using Benchmarks.Plain;
using FluentAssertions;
using TorchSharp;
using TorchSharp.Modules;
using Xunit;
using static TorchSharp.torch;

namespace Inception.Tests.Samples;

/// <summary>The plain TorchSharp program of the races computes what the library does: with the same weights the same numbers.</summary>
[Collection(SampleCollection.Name)]
public sealed class PlainGoogLeNetTests
{
    // In float64: libtorch 2.10 computes some contiguous 3×3 convolutions of float32 wrong by a tenth on some processors (an AMD EPYC of family 26).
    private const double Tolerance = 1e-9;

    [Theory]
    [InlineData(64, 1.0, false)]
    [InlineData(97, 1.0, false)]
    [InlineData(64, 1.0, true)]
    [InlineData(97, 1.0, true)]
    [InlineData(64, 0.25, true)]
    public void Heads_have_the_librarys_numbers(int size, double width, bool training)
    {
        using var scope = NewDisposeScope();
        var ours = GoogLeNet.Create(1000, WithoutDropout(GoogLeNetSpec.TorchVision.WithWidth(width)), seed: 1);
        var plain = new PlainGoogLeNet(width);
        ours.to(ScalarType.Float64);
        plain.to(ScalarType.Float64);
        Copy(ours, plain);
        ours.train(training);
        plain.train(training);
        foreach (var dropout in plain.modules().OfType<Dropout>())
        {
            dropout.eval();
        }

        var images = randn([4, 3, size, size], generator: new Generator(2)).to(ScalarType.Float64);
        var expected = ours.call(images);
        var actual = plain.call(images);

        Tensor?[] heads = [actual.Main, actual.Aux1, actual.Aux2];
        heads.Where(head => head is not null).Should().HaveCount(training ? 3 : 1);
        foreach (var (head, result) in heads.Zip(expected.Heads))
        {
            Error(head!, result.Logits).Should().BeLessThan(Tolerance, result.Name);
        }
    }

    private static GoogLeNetSpec WithoutDropout(GoogLeNetSpec spec) => spec with
    {
        Dropout = 0,
        Auxiliaries = [.. spec.Auxiliaries.Select(head => head with { Dropout = 0 })],
    };

    private static void Copy(nn.Module from, nn.Module to)
    {
        var (source, target) = (from.state_dict(), to.state_dict());
        target.Keys.Should().BeEquivalentTo(source.Keys);
        using var mode = no_grad();
        foreach (var (key, weights) in source)
        {
            target[key].shape.Should().Equal(weights.shape, key);
            target[key].copy_(weights);
        }
    }

    private static double Error(Tensor actual, Tensor expected) => ((actual - expected).norm() / expected.norm()).ToDouble();
}
