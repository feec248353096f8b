using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Inception.Training;

/// <summary>An optimizer of <c>torch.optim</c> over one vector of parameters.</summary>
internal sealed class GroupOptimizer : IDisposable
{
    private readonly Parameter parameter;
    private readonly double factor;
    private readonly IReadOnlyList<optim.ILearningRateController> rates;

    /// <summary>Makes the optimizer of a vector: a leaf that shares the memory of the group's range of both buffers.</summary>
    /// <exception cref="ArgumentException">The factory returns null, or an optimizer whose learning rate cannot be set.</exception>
    public GroupOptimizer(TorchOptimizerOptions options, FlatGroup group, Tensor values, Tensor gradients)
    {
        factor = group.Rule.LearningRateFactor;
        parameter = Leaf(group, values, gradients);
        optim.Optimizer? made = null;
        try
        {
            made = options.Factory([parameter], group.Rule);
            Optimizer = made ?? throw new ArgumentException($"The factory of optimizer '{options.Name}' returned null.");
            rates = [.. made.ParamGroups ?? []];
            if (rates.Count == 0)
            {
                throw new ArgumentException($"The optimizer '{options.Name}' has no ParamGroups, through which the trainer sets the learning rate.");
            }
        }
        catch
        {
            made?.Dispose();
            parameter.Dispose();
            throw;
        }
    }

    /// <summary>The optimizer.</summary>
    public optim.Optimizer Optimizer { get; }

    /// <summary>Moves the parameters by one step.</summary>
    /// <param name="learningRate">The schedule's, before the group's factor.</param>
    public void Step(double learningRate)
    {
        using var frozen = no_grad();
        foreach (var rate in rates)
        {
            rate.LearningRate = learningRate * factor;
        }

        Optimizer.step()?.Dispose();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Optimizer.Dispose();
        parameter.Dispose();
    }

    private static Parameter Leaf(FlatGroup group, Tensor values, Tensor gradients)
    {
        using var scope = NewDisposeScope();
        var leaf = new Parameter(group.Of(values).detach(), requires_grad: true) { grad = group.Of(gradients) };
        leaf.DetachFromDisposeScope();
        return leaf;
    }
}
