using System.Text.Json.Serialization;
using static TorchSharp.torch;

namespace Inception.Training;

/// <summary>A bound on the gradients of each step.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "clipping")]
[JsonDerivedType(typeof(ClipByNorm), "norm")]
[JsonDerivedType(typeof(ClipByValue), "value")]
public abstract record GradientClipping
{
    private protected GradientClipping()
    {
    }

    /// <summary>Changes the gradients in place, without waiting for the device.</summary>
    internal abstract void Apply(FlatParameters parameters);
}

/// <summary>
/// Scales all gradients of trained parameters down if their norm exceeds a bound: g ← g · min(1, Maximum / (‖g‖₂ + 1e-6)), the formula of
/// torch.nn.utils.clip_grad_norm_.
/// </summary>
public sealed record ClipByNorm : GradientClipping
{
    private const double Epsilon = 1e-6;

    // A float32 sum of millions of squares is off by 1e-4; summed by rows it is off by 1e-7.
    private const long Row = 4096;

    /// <summary>Creates a bound on the norm.</summary>
    /// <param name="maximum">The largest Euclidean norm of all gradients together, more than 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">The bound is not a finite number more than 0.</exception>
    public ClipByNorm(double maximum) => Maximum = Check.Positive(maximum);

    /// <summary>The largest Euclidean norm of all gradients together.</summary>
    public double Maximum { get; }

    /// <inheritdoc/>
    internal override void Apply(FlatParameters parameters)
    {
        using var scope = NewDisposeScope();
        var norms = parameters.TrainableGroups.SelectMany(group => Norms(group.Slice(parameters.Gradients))).ToList();
        parameters.Gradients.mul_(cat(norms, 0).norm().Add_(Epsilon).reciprocal().Multiply_(Maximum).clamp_(max: Arithmetic.One));
    }

    private static IEnumerable<Tensor> Norms(Tensor gradients)
    {
        var rows = gradients.numel() / Row;
        yield return gradients.narrow(0, 0, rows * Row).view(rows, Row).norm(1);
        yield return gradients.narrow(0, rows * Row, gradients.numel() - (rows * Row)).norm().unsqueeze(0);
    }
}

/// <summary>Clamps every gradient to [−Maximum, Maximum], as torch.nn.utils.clip_grad_value_ does.</summary>
public sealed record ClipByValue : GradientClipping
{
    /// <summary>Creates a bound on each gradient.</summary>
    /// <param name="maximum">The largest absolute value, more than 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">The bound is not a finite number more than 0.</exception>
    public ClipByValue(double maximum) => Maximum = Check.Positive(maximum);

    /// <summary>The largest absolute value.</summary>
    public double Maximum { get; }

    /// <inheritdoc/>
    internal override void Apply(FlatParameters parameters) => parameters.Gradients.Clamp_(-Maximum, Maximum);
}
