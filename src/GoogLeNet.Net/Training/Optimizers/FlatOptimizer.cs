using System.Text.Json.Serialization;
using static TorchSharp.torch;

namespace Inception.Training;

/// <summary>An update rule and its settings, except the learning rate, which the schedule gives.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "optimizer")]
[JsonDerivedType(typeof(SgdOptions), "sgd")]
[JsonDerivedType(typeof(AdamWOptions), "adamW")]
[JsonDerivedType(typeof(MuonOptions), "muon")]
public abstract record OptimizerOptions
{
    private readonly IReadOnlyList<ParameterGroup> groups = ParameterGroup.NoDecayOnBiasesAndNorms;

    /// <summary>
    /// Groups of parameters with factors on learning rate and weight decay. A parameter belongs to the first group that matches it; without one it has
    /// factors of 1. Default <see cref="ParameterGroup.NoDecayOnBiasesAndNorms"/>.
    /// </summary>
    public IReadOnlyList<ParameterGroup> Groups { get => groups; init => groups = [.. value]; }

    /// <summary>Whether the other has the same type and settings; groups are compared one by one.</summary>
    public virtual bool Equals(OptimizerOptions? other) =>
        other is not null && EqualityContract == other.EqualityContract && Groups.SequenceEqual(other.Groups);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(EqualityContract, Groups.Count);

    /// <summary>Creates the optimizer. The caller disposes it before the parameters.</summary>
    /// <param name="parameters">Parameters laid out by <see cref="Groups"/>.</param>
    public abstract FlatOptimizer Create(FlatParameters parameters);
}

/// <summary>An optimizer on a network's flat buffers: a handful of calls for each group of parameters.</summary>
public abstract class FlatOptimizer(FlatParameters parameters) : IDisposable
{
    /// <summary>
    /// Every tensor for a checkpoint, by its key there, which begins with <c>optimizer.</c>. Shapes and types depend on the options and the network alone; a resumed run copies the values back
    /// into these tensors.
    /// </summary>
    public abstract IReadOnlyList<(string Key, Tensor Tensor)> State { get; }

    /// <summary>The parameters and gradients.</summary>
    protected FlatParameters Parameters { get; } = parameters;

    /// <summary>Updates the parameters and sets the gradients to zero.</summary>
    /// <param name="learningRate">The schedule's rate, before the groups' factors.</param>
    public void Step(double learningRate)
    {
        using var frozen = no_grad();
        using var scope = NewDisposeScope();
        Update(learningRate);
        Parameters.Gradients.Fill_(0);
        Parameters.Refresh();
    }

    /// <summary>Releases the state; the parameters stay.</summary>
    public abstract void Dispose();

    /// <summary>Updates the parameters, without gradients and in a dispose scope; it may overwrite the gradients.</summary>
    protected abstract void Update(double learningRate);
}
