using static TorchSharp.torch;

namespace Inception.Training;

/// <summary>SGD with momentum on the flat buffers.</summary>
internal sealed class Sgd(FlatParameters parameters, SgdOptions options) : FlatOptimizer(parameters)
{
    // The velocity, float32 in the order of the flat parameters.
    private readonly Tensor velocity = zeros_like(parameters.Values).DetachFromDisposeScope();

    /// <inheritdoc/>
    public override IReadOnlyList<(string Key, Tensor Tensor)> State => [(WeightsFormat.VelocityKey, velocity)];

    /// <inheritdoc/>
    public override void Dispose() => velocity.Dispose();

    /// <inheritdoc/>
    protected override void Move(double learningRate)
    {
        foreach (var group in Parameters.MovingGroups)
        {
            var (w, g, v) = (group.Of(Parameters.Values), group.Of(Parameters.Gradients), group.Of(velocity));
            var rate = learningRate * group.Rule.LearningRateFactor;
            Decay(w, g, rate, options.WeightDecay * group.Rule.WeightDecayFactor);
            Move(w, g, v, rate);
        }
    }

    private void Decay(Tensor w, Tensor g, double rate, double decay)
    {
        if (decay > 0 && options.DecoupledWeightDecay)
        {
            w.mul_(1 - (rate * decay));
        }
        else if (decay > 0)
        {
            g.add_(w, decay);
        }
    }

    private void Move(Tensor w, Tensor g, Tensor v, double rate)
    {
        var inside = options.Form == MomentumForm.Keras;
        v.mul_(options.Momentum).add_(g, inside ? -rate : 1);
        var scale = inside ? 1 : -rate;
        if (options.Nesterov)
        {
            w.add_(v, scale * options.Momentum).add_(g, -rate);
        }
        else
        {
            w.add_(v, scale);
        }
    }
}
