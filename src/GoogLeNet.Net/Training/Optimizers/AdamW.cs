using TorchSharp;
using static TorchSharp.torch;

namespace Inception.Training;

/// <summary>
/// Adam with decoupled weight decay (Loshchilov and Hutter 2019) as torch.optim.AdamW computes it:
/// w ← w − lr·λ·w, m ← β₁·m + (1 − β₁)·g, v ← β₂·v + (1 − β₂)·g², w ← w − lr · m/(1 − β₁ᵗ) / (√(v/(1 − β₂ᵗ)) + ε).
/// </summary>
public sealed record AdamWOptions : OptimizerOptions
{
    private readonly double beta1 = 0.9;
    private readonly double beta2 = 0.999;
    private readonly double epsilon = 1e-8;
    private readonly double weightDecay = 0.01;

    /// <summary>β₁: fraction of the mean gradient that each step keeps, in [0, 1). Default 0.9.</summary>
    public double Beta1 { get => beta1; init => beta1 = Check.BelowOne(value, nameof(Beta1)); }

    /// <summary>β₂: fraction of the mean squared gradient that each step keeps, in [0, 1). Default 0.999.</summary>
    public double Beta2 { get => beta2; init => beta2 = Check.BelowOne(value, nameof(Beta2)); }

    /// <summary>Added to the root of the mean square, more than 0. Default 1e-8.</summary>
    public double Epsilon { get => epsilon; init => epsilon = Check.Positive(value, nameof(Epsilon)); }

    /// <summary>Decay λ of the parameters, 0 or more, times each group's factor. Default 0.01.</summary>
    public double WeightDecay { get => weightDecay; init => weightDecay = Check.NotNegative(value, nameof(WeightDecay)); }

    /// <inheritdoc/>
    public override FlatOptimizer Create(FlatParameters parameters) => new AdamW(parameters, this);
}

/// <summary>AdamW on the flat buffers.</summary>
internal sealed class AdamW(FlatParameters parameters, AdamWOptions options) : FlatOptimizer(parameters)
{
    private readonly Tensor mean = zeros_like(parameters.Values).DetachFromDisposeScope();
    private readonly Tensor square = zeros_like(parameters.Values).DetachFromDisposeScope();

    // On the host, so that reading it waits for nothing.
    private readonly Tensor steps = zeros([1], dtype: int64).DetachFromDisposeScope();

    /// <inheritdoc/>
    public override IReadOnlyList<(string Key, Tensor Tensor)> State =>
        [("optimizer.mean", mean), ("optimizer.square", square), ("optimizer.steps", steps)];

    /// <inheritdoc/>
    public override void Dispose()
    {
        mean.Dispose();
        square.Dispose();
        steps.Dispose();
    }

    /// <inheritdoc/>
    protected override void Update(double learningRate)
    {
#pragma warning disable RS0030 // The host's.
        var count = steps.add_(Arithmetic.One, Arithmetic.One).item<long>();
#pragma warning restore RS0030
        var meanCorrection = 1 - Math.Pow(options.Beta1, count);
        var squareCorrection = 1 - Math.Pow(options.Beta2, count);
        foreach (var group in Parameters.TrainableGroups)
        {
            var (w, g, m, v) = (group.Slice(Parameters.Values), group.Slice(Parameters.Gradients), group.Slice(mean), group.Slice(square));
            var rate = learningRate * group.Options.LearningRateFactor;
            if (options.WeightDecay * group.Options.WeightDecayFactor is > 0 and var decay)
            {
                w.Multiply_(1 - (rate * decay));
            }

            using Scalar newSquares = 1 - options.Beta2, step = -rate / meanCorrection;
            m.Multiply_(options.Beta1).Add_(g, 1 - options.Beta1);
            v.Multiply_(options.Beta2).addcmul_(g, g, newSquares);

            // The gradient is not needed any more; its memory takes the denominator.
            g.copy_(v).sqrt_().Divide_(Math.Sqrt(squareCorrection)).Add_(options.Epsilon);
            w.addcdiv_(m, g, step);
        }
    }
}
