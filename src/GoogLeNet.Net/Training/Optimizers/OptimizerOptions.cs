using System.Text.Json.Serialization;

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
