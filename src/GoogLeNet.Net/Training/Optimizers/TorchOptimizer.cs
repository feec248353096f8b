using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Inception.Training;

/// <summary>Optimizers of <c>torch.optim</c>, one for each group, each over one parameter that is the group's range of the flat buffers.</summary>
internal sealed class TorchOptimizer : FlatOptimizer
{
    private readonly TorchOptimizerOptions options;
    private readonly List<GroupOptimizer> optimizers = [];

    // The optimizers' state as bytes; made when a checkpoint is first asked for.
    private Tensor? image;

    public TorchOptimizer(FlatParameters parameters, TorchOptimizerOptions options) : base(parameters)
    {
        this.options = options;
        try
        {
            foreach (var group in parameters.MovingGroups)
            {
                optimizers.Add(new GroupOptimizer(options, group, parameters.Values, parameters.Gradients));
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    /// <exception cref="NotSupportedException">An optimizer does not derive from TorchSharp's <see cref="OptimizerHelper"/>, or cannot write its state.</exception>
    public override IReadOnlyList<(string Key, Tensor Tensor)> State
    {
        get
        {
            var bytes = TorchOptimizerState.Write(optimizers.Select(each => each.Optimizer), options.Name);
            image ??= zeros([sizeof(long) + Math.Max(bytes.Length, SizeAfterAStep())], dtype: uint8).DetachFromDisposeScope();
            TorchOptimizerState.Store(bytes, image, options.Name);
            return [(WeightsFormat.TorchStateKey, image)];
        }
    }

    /// <inheritdoc/>
    public override void Restored() => TorchOptimizerState.Read(image!, optimizers.Select(each => each.Optimizer), options.Name);

    /// <inheritdoc/>
    public override void Dispose()
    {
        optimizers.ForEach(each => each.Dispose());
        image?.Dispose();
    }

    /// <inheritdoc/>
    protected override void Move(double learningRate) => optimizers.ForEach(each => each.Step(learningRate));

    // Optimizers may make a part of their state in the first step: others on scratch parameters take one, so that every run's image is of one size.
    private long SizeAfterAStep()
    {
        using var values = Parameters.Values.clone();
        using var gradients = zeros_like(values);
        var scratch = new List<GroupOptimizer>();
        try
        {
            foreach (var group in Parameters.MovingGroups)
            {
                scratch.Add(new GroupOptimizer(options, group, values, gradients));
                scratch[^1].Step(0);
            }

            return TorchOptimizerState.Write(scratch.Select(each => each.Optimizer), options.Name).Length;
        }
        finally
        {
            scratch.ForEach(each => each.Dispose());
        }
    }
}
