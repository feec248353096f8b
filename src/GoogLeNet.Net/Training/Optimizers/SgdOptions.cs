namespace Inception.Training;

/// <summary>How momentum and the learning rate meet; the two differ in steps after the rate changes.</summary>
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

    /// <summary>Share of the velocity that each step keeps, in [0, 1). Default 0.9.</summary>
    public double Momentum { get => momentum; init => momentum = Check.BelowOne(value, nameof(Momentum)); }

    /// <summary>Decay λ of the parameters, 0 or more, times each group's factor. Default 0.</summary>
    public double WeightDecay { get => weightDecay; init => weightDecay = Check.NotNegative(value, nameof(WeightDecay)); }

    /// <summary>
    /// Whether decay acts beside the gradient, w ← w − lr·λ·w before the step (SGDW: Loshchilov and Hutter 2019, with AdamW's scaling by the
    /// rate), and not through it as the L2 penalty g ← g + λ·w. Default false.
    /// </summary>
    public bool DecoupledWeightDecay { get; init; }

    /// <summary>Whether the step looks ahead along the velocity. Default false.</summary>
    public bool Nesterov { get; init; }

    /// <summary>How momentum and the learning rate meet. Default <see cref="MomentumForm.PyTorch"/>.</summary>
    public MomentumForm Form { get; init; }

    /// <inheritdoc/>
    public override FlatOptimizer Create(FlatParameters parameters) => new Sgd(parameters, this);
}
