using Inception.Serialization;
using static TorchSharp.torch;

namespace Inception.Training.Optimizers;

/// <summary>Muon on the flat buffers: Nesterov SGD whose steps are made orthogonal, layer by layer, where they move convolution filters.</summary>
internal sealed class Muon : FlatOptimizer
{
    private const double A = 3.4445, B = -4.7750, C = 2.0315;

    // Keeps a gradient of zeros at zeros.
    private const double SmallestNorm = 1e-7;

    private readonly MuonOptions options;
    private readonly Tensor velocity;

    // Of each parameter: filters have their own.
    private readonly Tensor momentum;

    // Each layer's filters and their gradients as matrices (O, kH·kW·I), which is how they lie in memory.
    private readonly List<(Tensor Weights, Tensor Gradients)> filters = [];

    public Muon(FlatParameters parameters, MuonOptions options)
        : base(parameters)
    {
        this.options = options;
        velocity = zeros_like(parameters.Values).DetachFromDisposeScope();
        momentum = zeros_like(velocity).fill_(options.OtherMomentum).DetachFromDisposeScope();
        using var scope = NewDisposeScope();
        foreach (var share in Matrices(momentum))
        {
            share.fill_(options.Momentum);
        }

        foreach (var (weights, gradients) in Matrices(parameters.Values).Zip(Matrices(parameters.Gradients)))
        {
            filters.Add((weights.DetachFromDisposeScope(), gradients.DetachFromDisposeScope()));
        }
    }

    /// <inheritdoc/>
    public override IReadOnlyList<(string Key, Tensor Tensor)> State => [(WeightsFormat.VelocityKey, velocity)];

    /// <inheritdoc/>
    public override void Dispose()
    {
        velocity.Dispose();
        momentum.Dispose();
        foreach (var (weights, gradients) in filters)
        {
            weights.Dispose();
            gradients.Dispose();
        }
    }

    /// <inheritdoc/>
    protected override void Move(double learningRate)
    {
        // The gradients' memory takes the step.
        velocity.mul_(momentum).add_(Parameters.Gradients);
        Parameters.Gradients.addcmul_(velocity, momentum, 1);
        foreach (var (weights, step) in filters)
        {
            using var scope = NewDisposeScope();
            step.copy_(Orthogonal(step));
            if (options.NormalizesFilters)
            {
                weights.mul_((weights.norm() + SmallestNorm).reciprocal() * Math.Sqrt(weights.shape[0]));
            }
        }

        foreach (var group in Parameters.MovingGroups)
        {
            var (w, step) = (group.Of(Parameters.Values), group.Of(Parameters.Gradients));
            var rate = learningRate * group.Rule.LearningRateFactor;
            if (options.WeightDecay * group.Rule.WeightDecayFactor is > 0 and var decay)
            {
                w.mul_(1 - (rate * decay));
            }

            w.add_(step, -rate);
        }
    }

    /// <summary>About the nearest matrix to (m, n) whose singular values are 1.</summary>
    private Tensor Orthogonal(Tensor matrix)
    {
        var isTall = matrix.shape[0] > matrix.shape[1];
        var x = matrix / (matrix.norm() + SmallestNorm);
        x = isTall ? x.transpose(0, 1) : x;                  // the small side's products are the cheaper ones
        for (var i = 0; i < options.Iterations; i++)
        {
            var product = x.mm(x.transpose(0, 1));
            x = (product * B).add_(product.mm(product), C).mm(x).add_(x, A);
        }

        return isTall ? x.transpose(0, 1) : x;
    }

    private IEnumerable<Tensor> Matrices(Tensor buffer) =>
        from named in Parameters.Views(buffer)
        where named.View.ndim == 4 && !Parameters.IsFrozen(named.Key)
        select named.View.permute(0, 2, 3, 1).reshape(named.View.shape[0], -1);
}
