using System.Text.Json.Serialization;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Inception.Training;

/// <summary>An optimizer of <c>torch.optim</c>, or one derived from its base class, under the trainer's schedule and groups.</summary>
/// <remarks>
/// Each group of parameters is one float32 vector to it, which changes nothing for update rules that treat every element alike, as all of
/// TorchSharp's do but LBFGS, which needs the loss again and so cannot be used. A rule that looks at a layer's shape or norm would see the
/// group's. Tensors that an optimizer of one's own keeps from step to step must be detached from the dispose scope that each step runs in.
/// These options can be compared between runs, by <see cref="Name"/> and groups, but not read from JSON.
/// </remarks>
/// <example><c>new TorchOptimizerOptions("RMSprop, decay 1e-4", (parameters, group) =&gt;
/// torch.optim.RMSProp(parameters, weight_decay: 1e-4 * group.WeightDecayFactor))</c></example>
public sealed record TorchOptimizerOptions : OptimizerOptions
{
    /// <summary>An optimizer under a name.</summary>
    /// <param name="name">What a checkpoint calls the optimizer; it should tell the settings too, as only a run with the same name resumes it.</param>
    /// <param name="factory">Makes the optimizer of one group, which the trainer disposes. It is called once for each group that has parameters
    /// which move, with the group's vector and its factors: the rate is set before every step, the decay is for the factory to apply. It is
    /// called again, to learn the size of the state, where checkpoints are kept.</param>
    /// <exception cref="ArgumentException">The name is empty.</exception>
    public TorchOptimizerOptions(string name, Func<IReadOnlyList<Parameter>, ParameterGroup, optim.Optimizer> factory)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(factory);
        (Name, Factory) = (name, factory);
    }

    /// <summary>What a checkpoint calls the optimizer.</summary>
    public string Name { get; }

    /// <summary>Makes the optimizer of one group.</summary>
    [JsonIgnore]
    public Func<IReadOnlyList<Parameter>, ParameterGroup, optim.Optimizer> Factory { get; }

    /// <inheritdoc/>
    /// <inheritdoc/>
    public override FlatOptimizer Create(FlatParameters parameters) => new TorchOptimizer(parameters, this);
}

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
            foreach (var group in parameters.TrainableGroups)
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
            return [("optimizer.torch", image)];
        }
    }

    /// <inheritdoc/>
    public override void OnStateLoaded() => TorchOptimizerState.Read(image!, optimizers.Select(each => each.Optimizer), options.Name);

    /// <inheritdoc/>
    public override void Dispose()
    {
        optimizers.ForEach(each => each.Dispose());
        image?.Dispose();
    }

    /// <inheritdoc/>
    protected override void Update(double learningRate) => optimizers.ForEach(each => each.Step(learningRate));

    // Optimizers may make a part of their state in the first step: others on scratch parameters take one, so that every run's image is of one size.
    private long SizeAfterAStep()
    {
        using var values = Parameters.Values.clone();
        using var gradients = zeros_like(values);
        var scratch = new List<GroupOptimizer>();
        try
        {
            foreach (var group in Parameters.TrainableGroups)
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
