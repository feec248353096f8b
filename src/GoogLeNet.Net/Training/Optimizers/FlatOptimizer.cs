using System.Text.Json.Serialization;
using static TorchSharp.torch;

namespace Inception.Training;

/// <summary>An update rule and its settings; the learning rate is the schedule's.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "optimizer")]
[JsonDerivedType(typeof(SgdOptions), "sgd")]
[JsonDerivedType(typeof(AdamWOptions), "adamW")]
[JsonDerivedType(typeof(MuonOptions), "muon")]
public abstract record OptimizerOptions
{
    private readonly IReadOnlyList<ParameterGroup> groups = ParameterGroup.NoDecayOnBiasesAndNorms;

    /// <summary>
    /// Parameters with a learning rate or a weight decay of their own; a parameter belongs to the first group that matches it, and one that
    /// none matches has both as they are. Default <see cref="ParameterGroup.NoDecayOnBiasesAndNorms"/>.
    /// </summary>
    public IReadOnlyList<ParameterGroup> Groups { get => groups; init => groups = [.. value]; }

    /// <summary>Whether the other is the same rule with the same settings, the groups compared one by one.</summary>
    public virtual bool Equals(OptimizerOptions? other) =>
        other is not null && EqualityContract == other.EqualityContract && Groups.SequenceEqual(other.Groups);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(EqualityContract, Groups.Count);

    /// <summary>The optimizer of parameters that were laid out by <see cref="Groups"/>; the caller disposes it before them.</summary>
    /// <param name="parameters">A network's parameters.</param>
    public abstract FlatOptimizer Create(FlatParameters parameters);
}

/// <summary>An update rule on a network's flat buffers: a handful of calls for each group of parameters.</summary>
public abstract class FlatOptimizer(FlatParameters parameters) : IDisposable
{
    /// <summary>Every tensor that a checkpoint must hold, by its key there: shapes and types are those of every run with these options.</summary>
    public abstract IReadOnlyList<(string Key, Tensor Tensor)> State { get; }

    /// <summary>The buffers that the steps move and read.</summary>
    protected FlatParameters Parameters { get; } = parameters;

    /// <summary>Moves the parameters by one step and sets the gradients to zero.</summary>
    /// <param name="learningRate">The schedule's, before the groups' factors.</param>
    public void Step(double learningRate)
    {
        using var frozen = no_grad();
        using var scope = NewDisposeScope();
        Update(learningRate);
        Parameters.Gradients.fill_(0);
        Parameters.Refresh();
    }

    /// <summary>To be called after a checkpoint's values were copied into the tensors of <see cref="State"/>.</summary>
    public virtual void OnStateLoaded()
    {
    }

    /// <summary>Releases the state; the parameters stay.</summary>
    public abstract void Dispose();

    /// <summary>Moves the parameters; the gradients may be overwritten.</summary>
    protected abstract void Update(double learningRate);
}
