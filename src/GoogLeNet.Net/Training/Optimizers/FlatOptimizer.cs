using static TorchSharp.torch;

namespace Inception.Training;

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
        Move(learningRate);
        Parameters.Gradients.fill_(0);
        Parameters.Refresh();
    }

    /// <summary>To be called after a checkpoint's values were copied into the tensors of <see cref="State"/>.</summary>
    public virtual void Restored()
    {
    }

    /// <summary>Releases the state; the parameters stay.</summary>
    public abstract void Dispose();

    /// <summary>Moves the parameters; the gradients may be overwritten.</summary>
    protected abstract void Move(double learningRate);
}
