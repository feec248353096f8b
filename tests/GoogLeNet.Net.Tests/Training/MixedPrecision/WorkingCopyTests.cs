using FluentAssertions;
using Inception.Tests.Torch;
using Inception.Training;
using Xunit;
using static TorchSharp.torch;

namespace Inception.Tests.Training.MixedPrecision;

/// <summary>bfloat16 weights over float32 ones, without the trainer.</summary>
[Collection(TorchCollection.Name)]
public sealed class WorkingCopyTests
{
    [Fact]
    public void Weights_and_biases_hold_bfloat16_and_normalisations_float32()
    {
        using var model = GoogLeNet.Create(3, Tiny.Spec());
        using var flat = new FlatParameters(model, precision: Precision.BFloat16);

        foreach (var (key, parameter) in model.named_parameters())
        {
            var isNorm = key.Contains(".bn.", StringComparison.Ordinal);
            parameter.dtype.Should().Be(isNorm ? ScalarType.Float32 : ScalarType.BFloat16, key);
            parameter.grad!.dtype.Should().Be(parameter.dtype, key);
            (parameter.is_leaf && parameter.requires_grad).Should().BeTrue(key);
        }

        model.named_buffers().Where(named => named.buffer.is_floating_point()).Should().OnlyContain(named => named.buffer.dtype == ScalarType.Float32);
    }

    [Fact]
    public void The_gradient_of_a_step_is_that_of_float32_up_to_bfloat16s_rounding()
    {
        var spec = Tiny.Spec(dropout: 0) with { Blocks = new() { Weights = WeightInitializer.HeUniform } };
        var (loss, expected) = Step(spec, Precision.Float32);
        var (rounded, actual) = Step(spec, Precision.BFloat16);

        rounded.Should().BeApproximately(loss, 0.01 * loss, "bfloat16 has 8 significant bits").And.NotBe(loss);
        var distance = Math.Sqrt(actual.Zip(expected, (a, e) => Math.Pow(a - e, 2)).Sum() / expected.Sum(e => e * e));
        distance.Should().BeInRange(1e-5, 0.05);
    }

    [Fact]
    public void Updates_far_below_bfloat16s_resolution_add_up()
    {
        using var scope = NewDisposeScope();
        using var model = new LinearModel(4, 3, [new("main", 1)]);
        using var flat = new FlatParameters(model, precision: Precision.BFloat16);
        using var optimizer = new SgdOptions { Momentum = 0 }.Create(flat);
        using (no_grad())
        {
            flat.Values.fill_(1);
        }

        flat.Refresh();

        // Each of 64 updates is 2⁻¹² of a weight, a sixteenth of what bfloat16 can tell apart just below 1.
        for (var step = 0; step < 64; step++)
        {
            foreach (var parameter in model.parameters())
            {
                using var frozen = no_grad();
                using var gradient = parameter.grad!;
                gradient.fill_(1);
            }

            flat.CollectGradients();
            optimizer.Step(1.0 / 4096);
        }

        flat.Values.Floats().Should().AllBeEquivalentTo(1 - (64f / 4096));
        model.parameters().Should().OnlyContain(parameter => parameter.to(ScalarType.Float32).Floats().All(value => value == 1 - (64f / 4096)));
    }

    [Fact]
    public void Gradients_of_several_parts_are_added_in_float32()
    {
        using var scope = NewDisposeScope();
        using var model = new LinearModel(4, 3, [new("main", 1)]);
        using var flat = new FlatParameters(model, precision: Precision.BFloat16);

        // In bfloat16 256 + 1 is 256.
        foreach (var part in new[] { 256, 1, 1, 1 })
        {
            using var frozen = no_grad();
            foreach (var parameter in model.parameters())
            {
                parameter.grad!.fill_(part);
            }

            flat.CollectGradients();
        }

        flat.Gradients.Floats().Should().AllBeEquivalentTo(259f);
    }

    [Fact]
    public void Disposed_it_leaves_the_same_parameters_with_their_float32_values_bit_for_bit_and_no_tensor()
    {
        using var model = new ConvolutionalModel();
        model.Convolution.weight.requires_grad = false;
        var before = model.named_parameters().Select(named => (named.parameter, named.parameter.Floats())).ToList();
        LiveTensors.Settle();
        var tensors = Tensor.TotalCount;

        using (new FlatParameters(model, precision: Precision.BFloat16))
        {
            model.Convolution.weight.dtype.Should().Be(ScalarType.BFloat16, "a weight that does not learn meets bfloat16 images too");
        }

        Tensor.TotalCount.Should().Be(tensors);
        foreach (var ((_, now), (parameter, values)) in model.named_parameters().Zip(before))
        {
            now.Should().BeSameAs(parameter);
            now.Floats().Should().Equal(values);
            now.grad.Should().BeNull();
        }
    }

    [Fact]
    public void Local_response_normalisation_is_computed_in_float32()
    {
        using var scope = NewDisposeScope();
        using var layer = new LocalResponseNorm(new LocalResponseNormSpec("norm", Alpha: 1));
        var input = Arrays.NoiseTensor(1, 2, 16, 4, 4).to(ScalarType.BFloat16);

        var output = layer.call(input);

        output.dtype.Should().Be(ScalarType.BFloat16);
        output.to(ScalarType.Float32).Floats().Should().Equal(layer.call(input.to(ScalarType.Float32)).to(ScalarType.BFloat16).to(ScalarType.Float32).Floats());
    }

    private static (double Loss, float[] Gradient) Step(GoogLeNetSpec spec, Precision precision)
    {
        using var scope = NewDisposeScope();
        using var model = GoogLeNet.Create(3, spec, seed: 1);
        using var flat = new FlatParameters(model, precision: precision);
        var network = new PrecisionCast(model);
        var logits = network.AllHeads(Arrays.NoiseTensor(4, 12, 3, 8, 8));
        var labels = tensor([.. Enumerable.Range(0, 12).Select(n => n % 3L)]);
        var loss = logits.Heads.Select(head => nn.functional.cross_entropy(head.Logits, labels)).Aggregate((sum, next) => sum + next);
        loss.dtype.Should().Be(ScalarType.Float32);
        loss.backward();
        flat.CollectGradients();
        return (loss.item<float>(), flat.Gradients.Floats());
    }
}
