using FluentAssertions;
using Inception.Training;
using Xunit;
using static TorchSharp.torch;

namespace Inception.Tests.Training.Optimizers;

/// <summary>Six weights and three biases from sin(1 + i), the gradient of step t is cos(0.7 t + i), the rate 0.1 · 0.9^t, 20 steps.</summary>
[Collection(TorchCollection.Name)]
public sealed class SgdTests
{
    [Theory]
    [InlineData(0.9, false, 0, false)]
    [InlineData(0.9, true, 0, false)]
    [InlineData(0.85, true, 0.05, false)]
    [InlineData(0, false, 0.05, false)]
    [InlineData(0.85, true, 0.05, true)]
    public void The_other_form_is_Keras_with_the_rate_inside_the_velocity(double momentum, bool nesterov, double decay, bool decoupled)
    {
        // keras.io/api/optimizers/sgd: v = m·v − lr·g; w = w + v, or with Nesterov w = w + m·v − lr·g.
        var w = Enumerable.Range(0, 9).Select(i => Math.Sin(1 + i)).ToArray();
        var v = new double[9];
        for (var t = 0; t < 20; t++)
        {
            var rate = 0.1 * Math.Pow(0.9, t);
            for (var i = 0; i < 9; i++)
            {
                var penalty = i < 6 ? decay * w[i] : 0;
                var g = Math.Cos((0.7 * t) + i) + (decoupled ? 0 : penalty);
                v[i] = (momentum * v[i]) - (rate * g);
                w[i] += (nesterov ? (momentum * v[i]) - (rate * g) : v[i]) - (decoupled ? rate * penalty : 0);
            }
        }

        var options = new SgdOptions
        {
            Momentum = momentum,
            Nesterov = nesterov,
            WeightDecay = decay,
            DecoupledWeightDecay = decoupled,
            Form = MomentumForm.Keras,
        };
        Arrays.RelativeError(Run(options), w).Should().BeLessThan(1e-6);
    }

    private static float[] Run(SgdOptions options)
    {
        using var scope = NewDisposeScope();
        using var module = nn.Linear(2, 3);
        using var flat = new FlatParameters(module);
        using var sgd = options.Create(flat);
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
