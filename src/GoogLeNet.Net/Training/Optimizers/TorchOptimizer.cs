using System.Buffers.Binary;
using System.Text.Json.Serialization;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Inception.Training;

/// <summary>An optimizer of <c>torch.optim</c>, or one derived from its base class, under the trainer's schedule and groups.</summary>
/// <remarks>
/// The optimizer sees each group of parameters as one float32 vector. That makes no difference to rules that treat every element alike, as all of
/// TorchSharp's do except LBFGS, which cannot be used because it evaluates the loss again. A rule that uses a layer's shape or norm would get the group's.
/// State that a custom optimizer keeps between steps must be detached from the dispose scope of the step. Checkpoints
/// compare these options by <see cref="Name"/> and groups; they cannot be read from JSON.
/// </remarks>
/// <example><c>new TorchOptimizerOptions("RMSprop, decay 1e-4", (parameters, group) =&gt;
/// torch.optim.RMSProp(parameters, weight_decay: 1e-4 * group.WeightDecayFactor))</c></example>
public sealed record TorchOptimizerOptions : OptimizerOptions
{
    /// <summary>Creates the options of a named optimizer.</summary>
    /// <param name="name">The name in checkpoints. It should tell the settings too: a run resumes only with the same name.</param>
    /// <param name="factory">Creates the optimizer of one trained group from the group's vector and factors. The trainer sets its learning rate before
    /// every step and disposes it; the factory applies the weight decay. With checkpoints, the factory is called again to learn the size of the state.</param>
    /// <exception cref="ArgumentException">The name is empty.</exception>
    public TorchOptimizerOptions(string name, Func<IReadOnlyList<Parameter>, ParameterGroup, optim.Optimizer> factory)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(factory);
        (Name, Factory) = (name, factory);
    }

    /// <summary>The name in checkpoints.</summary>
    public string Name { get; }

    /// <summary>Creates the optimizer of one group.</summary>
    [JsonIgnore]
    public Func<IReadOnlyList<Parameter>, ParameterGroup, optim.Optimizer> Factory { get; }

    /// <inheritdoc/>
    public override FlatOptimizer Create(FlatParameters parameters) => new TorchOptimizer(parameters, this);
}

/// <summary>Optimizers of <c>torch.optim</c>, one for each group of parameters.</summary>
internal sealed class TorchOptimizer : FlatOptimizer
{
    private readonly TorchOptimizerOptions options;
    private readonly List<GroupOptimizer> optimizers = [];

    // The optimizers' state as bytes; made for the first checkpoint.
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

    // Optimizers may create state in their first step: copies of them on scratch parameters take one, so that the image has its final size from the start.
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

/// <summary>An optimizer of <c>torch.optim</c> over one group of parameters as a vector.</summary>
internal sealed class GroupOptimizer : IDisposable
{
    private readonly Parameter parameter;
    private readonly double factor;
    private readonly IReadOnlyList<optim.ILearningRateController> rates;

    /// <summary>Creates the optimizer of a leaf that is the group's range of both buffers.</summary>
    /// <exception cref="ArgumentException">The factory returns null, or an optimizer whose learning rate cannot be set.</exception>
    public GroupOptimizer(TorchOptimizerOptions options, FlatGroup group, Tensor values, Tensor gradients)
    {
        factor = group.Options.LearningRateFactor;
        parameter = Leaf(group, values, gradients);
        optim.Optimizer? made = null;
        try
        {
            made = options.Factory([parameter], group.Options);
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

    /// <summary>Updates the parameters.</summary>
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
        var leaf = new Parameter(group.Slice(values).detach(), requires_grad: true) { grad = group.Slice(gradients) };
        leaf.DetachFromDisposeScope();
        return leaf;
    }
}

/// <summary>The state of <c>torch.optim</c>'s optimizers as TorchSharp writes it, in a tensor of bytes (capacity) on the host: the length, then the bytes.</summary>
internal static class TorchOptimizerState
{
    public static byte[] Write(IEnumerable<optim.Optimizer> optimizers, string name)
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        foreach (var optimizer in optimizers)
        {
#pragma warning disable RS0030 // For a checkpoint.
            Savable(optimizer, name).save_state_dict(writer);
#pragma warning restore RS0030
        }

        writer.Flush();
        return stream.ToArray();
    }

    public static void Store(byte[] state, Tensor image, string name)
    {
#pragma warning disable RS0030 // The image is the host's.
        var bytes = image.bytes;
#pragma warning restore RS0030
        if (state.Length > bytes.Length - sizeof(long))
        {
            throw new NotSupportedException($"The state of the optimizer '{name}' grows beyond its size after one step and cannot be kept in a checkpoint.");
        }

        bytes.Clear();
        BinaryPrimitives.WriteInt64LittleEndian(bytes, state.Length);
        state.CopyTo(bytes[sizeof(long)..]);
    }

    public static void Read(Tensor image, IEnumerable<optim.Optimizer> optimizers, string name)
    {
#pragma warning disable RS0030 // The image is the host's.
        var length = BinaryPrimitives.ReadInt64LittleEndian(image.bytes);
        using var stream = new MemoryStream(image.bytes.Slice(sizeof(long), (int)length).ToArray());
#pragma warning restore RS0030
        using var reader = new BinaryReader(stream);
        foreach (var optimizer in optimizers)
        {
            Savable(optimizer, name).load_state_dict(reader);
        }
    }

    private static OptimizerHelper Savable(optim.Optimizer optimizer, string name) => optimizer as OptimizerHelper
        ?? throw new NotSupportedException(
            $"The optimizer '{name}' is a {optimizer.GetType().Name}, which cannot write its state (it does not derive from OptimizerHelper): a run with it can keep no checkpoints.");
}
