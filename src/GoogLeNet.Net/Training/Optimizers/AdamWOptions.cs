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

    /// <summary>Share of the mean gradient that each step keeps, in [0, 1). Default 0.9.</summary>
    public double Beta1 { get => beta1; init => beta1 = Check.BelowOne(value, nameof(Beta1)); }

    /// <summary>Share of the mean squared gradient that each step keeps, in [0, 1). Default 0.999.</summary>
    public double Beta2 { get => beta2; init => beta2 = Check.BelowOne(value, nameof(Beta2)); }

    /// <summary>Added to the root of the mean square, more than 0. Default 1e-8.</summary>
    public double Epsilon { get => epsilon; init => epsilon = Check.Positive(value, nameof(Epsilon)); }

    /// <summary>Decay λ of the parameters, 0 or more, times each group's factor. Default 0.01.</summary>
    public double WeightDecay { get => weightDecay; init => weightDecay = Check.NotNegative(value, nameof(WeightDecay)); }

    /// <inheritdoc/>
    /// <inheritdoc/>
    public override FlatOptimizer Create(FlatParameters parameters) => new AdamW(parameters, this);
}
