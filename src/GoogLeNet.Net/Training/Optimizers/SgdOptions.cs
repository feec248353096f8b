namespace Inception.Training.Optimizers;

/// <summary>How momentum and the learning rate meet; the two differ in steps after the rate changes.</summary>
public enum MomentumForm
{
    /// <summary>v ← m·v + g, w ← w − lr·v: PyTorch's.</summary>
    PyTorch,

    /// <summary>v ← m·v − lr·g, w ← w + v: Keras's and Caffe's.</summary>
    Keras,
}

/// <summary>Stochastic gradient descent with momentum. The defaults are the tutorial's and the paper's momentum without decay.</summary>
public sealed record SgdOptions
{
    private readonly double momentum = 0.9;
    private readonly double weightDecay;

    /// <summary>Share of the velocity that each step keeps, in [0, 1). Default 0.9.</summary>
    public double Momentum { get => momentum; init => momentum = Check.BelowOne(value, nameof(Momentum)); }

    /// <summary>Coupled L2 decay of weights, 0 or more; biases and normalisation parameters are left alone. Default 0.</summary>
    public double WeightDecay { get => weightDecay; init => weightDecay = Check.NotNegative(value, nameof(WeightDecay)); }

    /// <summary>Whether the step looks ahead along the velocity. Default false.</summary>
    public bool Nesterov { get; init; }

    /// <summary>How momentum and the learning rate meet. Default <see cref="MomentumForm.PyTorch"/>.</summary>
    public MomentumForm Form { get; init; }
}
