using FluentAssertions;
using Inception.Training;
using Inception.Training.Optimizers;
using Xunit;
using static TorchSharp.torch;

namespace Inception.Tests.Training.Optimizers;

/// <summary>Six weights and three biases from sin(1 + i), the gradient of step t is cos(0.7 t + i), the rate 0.1 · 0.9^t, 20 steps.</summary>
[Collection(TorchCollection.Name)]
public sealed class SgdTests
{
    // torch.optim.SGD of PyTorch 1.13.0 in float64, by generate_sgd.py beside this file.
    [Theory]
    [InlineData(0.0, false, 0.0, new[] { 0.754625224, 0.965814303, 0.289038166, -0.653478328, -0.995189861, -0.421928425, 0.539252059, 1.00464669, 0.546373784 })]
    [InlineData(0.9, false, 0.0, new[] { 0.468936136, 1.26850289, 0.90181394, -0.29399859, -1.21951017, -1.02380973, 0.113176661, 1.14610895, 1.12531395 })]
    [InlineData(0.9, true, 0.0, new[] { 0.41934386, 1.28909922, 0.973662705, -0.236954813, -1.22971717, -1.09188323, 0.0498231143, 1.14572232, 1.18824971 })]
    [InlineData(0.9, false, 0.05, new[] { 0.361588707, 1.06375386, 0.787908624, -0.212336171, -1.01736007, -0.887027812, 0.113176661, 1.14610895, 1.12531395 })]
    [InlineData(0.85, true, 0.05, new[] { 0.400130422, 1.01961265, 0.701667714, -0.261387287, -0.984124021, -0.802061669, 0.163286302, 1.11055243, 1.03678177 })]
    public void The_default_form_is_PyTorchs(double momentum, bool nesterov, double decay, double[] expected)
    {
        var values = Run(new SgdOptions { Momentum = momentum, Nesterov = nesterov, WeightDecay = decay });

        Arrays.RelativeError(values, expected).Should().BeLessThan(1e-6);
    }

    [Theory]
    [InlineData(0.9, false, 0)]
    [InlineData(0.9, true, 0)]
    [InlineData(0.85, true, 0.05)]
    [InlineData(0, false, 0.05)]
    public void The_other_form_is_Keras_with_the_rate_inside_the_velocity(double momentum, bool nesterov, double decay)
    {
        // keras.io/api/optimizers/sgd: v = m·v − lr·g; w = w + v, or with Nesterov w = w + m·v − lr·g.
        var w = Enumerable.Range(0, 9).Select(i => Math.Sin(1 + i)).ToArray();
        var v = new double[9];
        for (var t = 0; t < 20; t++)
        {
            var rate = 0.1 * Math.Pow(0.9, t);
            for (var i = 0; i < 9; i++)
            {
                var g = Math.Cos((0.7 * t) + i) + (i < 6 ? decay * w[i] : 0);
                v[i] = (momentum * v[i]) - (rate * g);
                w[i] += nesterov ? (momentum * v[i]) - (rate * g) : v[i];
            }
        }

        var options = new SgdOptions { Momentum = momentum, Nesterov = nesterov, WeightDecay = decay, Form = MomentumForm.Keras };
        Arrays.RelativeError(Run(options), w).Should().BeLessThan(1e-6);
    }

    [Fact]
    public void A_step_leaves_the_gradients_at_zero()
    {
        using var module = nn.Linear(2, 3);
        using var flat = new FlatParameters(module);
        using var sgd = new Sgd(flat, new SgdOptions { WeightDecay = 0.1, Nesterov = true });
        flat.Gradients.fill_(1);

        sgd.Step(0.1);

        flat.Gradients.Floats().Should().OnlyContain(value => value == 0);
    }

    private static float[] Run(SgdOptions options)
    {
        using var scope = NewDisposeScope();
        using var module = nn.Linear(2, 3);
        using var flat = new FlatParameters(module);
        using var sgd = new Sgd(flat, options);
        using var frozen = no_grad();
        flat.Values.copy_(tensor([.. Enumerable.Range(0, 9).Select(i => (float)Math.Sin(1 + i))]));
        for (var t = 0; t < 20; t++)
        {
            flat.Gradients.copy_(tensor([.. Enumerable.Range(0, 9).Select(i => (float)Math.Cos((0.7 * t) + i))]));
            sgd.Step(0.1 * Math.Pow(0.9, t));
        }

        return flat.Values.Floats();
    }
}
