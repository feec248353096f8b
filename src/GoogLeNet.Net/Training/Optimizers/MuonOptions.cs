namespace Inception.Training;

/// <summary>
/// Muon (K. Jordan et al. 2024, "Muon: An optimizer for hidden layers in neural networks") for convolution filters, Nesterov SGD for everything
/// else. A layer's filters (O, I, kH, kW) are a matrix (O, I·kH·kW); its step, g + m·v with the velocity v ← m·v + g, is replaced by the nearest
/// matrix whose singular values are all about 1, so that a step moves every direction alike and not only the few that dominate gradients.
/// </summary>
/// <remarks>
/// The nearest such matrix is found by iterations of Newton and Schulz, X ← a·X + (b·XXᵀ + c·(XXᵀ)²)·X from X = G / ‖G‖ with (a, b, c) =
/// (3.4445, −4.7750, 2.0315): matrix products alone. As the size of a gradient no longer matters, rates are of the order of 0.1 to 0.3 for a network
/// with batch normalisation, for which it is meant.
/// </remarks>
public sealed record MuonOptions : OptimizerOptions
{
    private readonly double momentum = 0.6;
    private readonly double otherMomentum = 0.9;
    private readonly int iterations = 3;
    private readonly double weightDecay;

    /// <summary>Share m of the filters' velocity that each step keeps, in [0, 1). Default 0.6.</summary>
    public double Momentum { get => momentum; init => momentum = Check.BelowOne(value, nameof(Momentum)); }

    /// <summary>The same share for everything else. Default 0.9.</summary>
    public double OtherMomentum { get => otherMomentum; init => otherMomentum = Check.BelowOne(value, nameof(OtherMomentum)); }

    /// <summary>Iterations of Newton and Schulz in a step, at least 1. Default 3; 5 brings small singular values up, too.</summary>
    public int Iterations { get => iterations; init => iterations = Check.AtLeast(1, value, nameof(Iterations)); }

    /// <summary>
    /// Whether each layer's filters are scaled to the norm √O before the step, a mean of 1 for a filter. Batch normalisation undoes any scaling, and with a
    /// fixed norm the learning rate alone says how far a step turns the filters. It leaves no room for their decay. Default true.
    /// </summary>
    public bool NormalizesFilters { get; init; } = true;

    /// <summary>Decay λ, 0 or more, times each group's factor: w ← w − lr·λ·w beside the step. Default 0.</summary>
    public double WeightDecay { get => weightDecay; init => weightDecay = Check.NotNegative(value, nameof(WeightDecay)); }

    /// <inheritdoc/>
    public override FlatOptimizer Create(FlatParameters parameters) => new Muon(parameters, this);
}
