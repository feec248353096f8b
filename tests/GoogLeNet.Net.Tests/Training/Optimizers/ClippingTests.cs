using System.Text.Json;
using FluentAssertions;
using Inception.Tests.Torch;
using Inception.Training;
using Xunit;
using static TorchSharp.torch;

namespace Inception.Tests.Training.Optimizers;

[Collection(TorchCollection.Name)]
public sealed class ClippingTests
{
    [Theory]
    [InlineData("clip by norm", 3.0, 0)]
    [InlineData("clip by value", 0, 0.5)]
    public void Every_step_is_PyTorchs(string run, double norm, double value)
    {
        GradientClipping clipping = norm > 0 ? new ClipByNorm(norm) : new ClipByValue(value);

        Reference.Error(Reference.Run(new SgdOptions { Groups = Reference.Groups }, clipping: clipping), run).Should().BeLessThan(1e-6);
    }

    [Theory]
    [InlineData(5_000_001, "more than a thousand rows and a rest")]
    [InlineData(4096, "one row")]
    [InlineData(3, "less than a row")]
    public void The_norm_of_millions_of_gradients_is_exact(int count, string reason)
    {
        using var module = nn.Linear(count, 1, hasBias: false);
        using var flat = new FlatParameters(module);
        var gradients = Arrays.Noise(count, seed: 3);
        using (var noise = tensor(gradients))
        {
            flat.Gradients.copy_(noise);
        }

        new ClipByNorm(0.5).Apply(flat);

        var norm = Math.Sqrt(gradients.Sum(g => (double)g * g));
        Arrays.RelativeError(flat.Gradients.Floats(), [.. gradients.Select(g => g * 0.5 / (norm + 1e-6))]).Should().BeLessThan(1e-6, reason);
    }

    [Fact]
    public void Gradients_within_the_bound_stay_as_they_are()
    {
        using var network = Reference.Network();
        using var flat = new FlatParameters(network);
        Reference.SetGradients(network, 1);
        var before = flat.Gradients.Floats();

        new ClipByNorm(100).Apply(flat);
        new ClipByValue(2).Apply(flat);

        flat.Gradients.Floats().Should().Equal(before);
    }

    [Fact]
    public void Frozen_parameters_do_not_count_for_the_norm()
    {
        using var module = nn.Linear(1, 2);
        using var flat = new FlatParameters(module, [new() { Kinds = ParameterKinds.Biases, LearningRateFactor = 0 }]);
        flat.Gradients.fill_(10);

        new ClipByNorm(1).Apply(flat);

        module.weight.grad!.Floats().Should().OnlyContain(g => Math.Abs(g - (1 / Math.Sqrt(2))) < 1e-6, "the weights' two tens have norm 10·√2");
    }

    [Fact]
    public void Clipping_leaves_nothing_in_memory()
    {
        using var network = Reference.Network();
        using var flat = new FlatParameters(network, Reference.Groups);
        LiveTensors.Settle();
        var before = Tensor.TotalCount;

        new ClipByNorm(1).Apply(flat);
        new ClipByValue(1).Apply(flat);

        (Tensor.TotalCount - before).Should().Be(0);
    }

    [Theory]
    [InlineData("""{ "clipping": "norm", "maximum": 2.5 }""", true)]
    [InlineData("""{ "clipping": "value", "maximum": 2.5 }""", false)]
    public void Clipping_is_read_from_json_and_written_to_it(string json, bool byNorm)
    {
        GradientClipping expected = byNorm ? new ClipByNorm(2.5) : new ClipByValue(2.5);

        JsonSerializer.Deserialize<GradientClipping>(json, SpecJson.Options).Should().Be(expected);
        JsonSerializer.Deserialize<GradientClipping>(JsonSerializer.Serialize(expected, SpecJson.Options), SpecJson.Options).Should().Be(expected);
    }
}
