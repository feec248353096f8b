using static TorchSharp.torch;

namespace Inception.Training;

/// <summary>How momentum and learning rate are combined. The forms differ only while the rate changes.</summary>
public enum MomentumForm
{
    /// <summary>v ← m·v + g, w ← w − lr·v: PyTorch's.</summary>
    PyTorch,

    /// <summary>v ← m·v − lr·g, w ← w + v: Keras's and Caffe's.</summary>
    Keras,
}

/// <summary>Stochastic gradient descent with momentum. The defaults are the tutorial's and the paper's momentum without decay.</summary>
public sealed record SgdOptions : OptimizerOptions
{
    private readonly double momentum = 0.9;
    private readonly double weightDecay;

    /// <summary>Fraction of the velocity that each step keeps, in [0, 1). Default 0.9.</summary>
    public double Momentum { get => momentum; init => momentum = Check.BelowOne(value, nameof(Momentum)); }

    /// <summary>Decay λ of the parameters, 0 or more, times each group's factor. Default 0.</summary>
    public double WeightDecay { get => weightDecay; init => weightDecay = Check.NotNegative(value, nameof(WeightDecay)); }

    /// <summary>
    /// Whether decay acts on the weights, w ← w − lr·λ·w before the step (SGDW: Loshchilov and Hutter 2019, scaled by the rate as in AdamW), instead of on the
    /// gradient as the L2 penalty g ← g + λ·w. Default false.
    /// </summary>
    public bool DecoupledWeightDecay { get; init; }

    /// <summary>Whether to use Nesterov's momentum. Default false.</summary>
    public bool Nesterov { get; init; }

    /// <summary>How momentum and learning rate are combined. Default <see cref="MomentumForm.PyTorch"/>.</summary>
    public MomentumForm Form { get; init; }

    /// <inheritdoc/>
    public override FlatOptimizer Create(FlatParameters parameters) => new Sgd(parameters, this);
}

/// <summary>SGD with momentum on the flat buffers.</summary>
internal sealed class Sgd(FlatParameters parameters, SgdOptions options) : FlatOptimizer(parameters)
{
    private readonly Tensor velocity = zeros_like(parameters.Values).DetachFromDisposeScope();

    /// <inheritdoc/>
    public override IReadOnlyList<(string Key, Tensor Tensor)> State => [("optimizer.velocity", velocity)];

    /// <inheritdoc/>
    public override void Dispose() => velocity.Dispose();

    /// <inheritdoc/>
    protected override void Update(double learningRate)
    {
        foreach (var group in Parameters.TrainableGroups)
        {
            var (w, g, v) = (group.Slice(Parameters.Values), group.Slice(Parameters.Gradients), group.Slice(velocity));
            var rate = learningRate * group.Options.LearningRateFactor;
            Decay(w, g, rate, options.WeightDecay * group.Options.WeightDecayFactor);
            Update(w, g, v, rate);
        }
    }

    private void Decay(Tensor w, Tensor g, double rate, double decay)
    {
        if (decay > 0 && options.DecoupledWeightDecay)
        {
            w.Multiply_(1 - (rate * decay));
        }
        else if (decay > 0)
        {
            g.Add_(w, decay);
        }
    }

    private void Update(Tensor w, Tensor g, Tensor v, double rate)
    {
        var inside = options.Form == MomentumForm.Keras;
        v.Multiply_(options.Momentum).Add_(g, inside ? -rate : 1);
        var scale = inside ? 1 : -rate;
        if (options.Nesterov)
        {
            w.Add_(v, scale * options.Momentum).Add_(g, -rate);
        }
        else
        {
            w.Add_(v, scale);
        }
    }
}
