using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Inception.Training;

/// <summary>
/// All trainable parameters of a module as views of one contiguous float32 buffer, and their gradients as views of a second one, so that
/// an optimizer step is a handful of calls on one tensor. Convolution weights are stored as (O, kH, kW, I) and strided to (O, I, kH, kW),
/// which makes the network run channels-last.
/// </summary>
/// <remarks>Each group of parameters is one range of the buffers: first those that no group matches, then the groups in their order.</remarks>
public sealed class FlatParameters : IDisposable
{
    private readonly nn.Module module;
    private readonly (string Key, Parameter Parameter)[] parameters;
    private readonly HashSet<string> frozen;
    private readonly WorkingCopy? working;

    /// <summary>Moves the parameters of <paramref name="module"/>, which must be on its final device, into the buffers.</summary>
    /// <param name="module">The network.</param>
    /// <param name="rules">The optimizer's groups; null for <see cref="ParameterGroup.NoDecayOnBiasesAndNorms"/>.</param>
    /// <param name="precision">With <see cref="Precision.BFloat16"/>, weights and biases hold the buffer's values rounded to bfloat16 until <see cref="Dispose"/>.</param>
    /// <exception cref="ArgumentException">
    /// There are no trainable parameters or all are frozen, not all are float32 on one device, or a group's pattern of keys leaves it without a
    /// parameter.
    /// </exception>
    public FlatParameters(nn.Module module, IReadOnlyList<ParameterGroup>? rules = null, Precision precision = Precision.Float32)
    {
        this.module = module;
        var groups = ParameterGrouping.Assign(module, rules ?? ParameterGroup.NoDecayOnBiasesAndNorms);
        parameters = [.. groups.SelectMany(group => group.Members)];
        frozen = [.. groups.Where(group => group.Options.LearningRateFactor == 0).SelectMany(group => group.Members).Select(member => member.Key)];
        if (parameters.Length == 0)
        {
            throw new ArgumentException(
                module.parameters().Any() ? "Every parameter is frozen; there is nothing to train." : "The model has no parameters; there is nothing to train.", nameof(module));
        }

        CheckAlike(module);
        Groups = Ranges(groups);
        TrainableGroups = [.. Groups.Where(group => !group.IsFrozen)];
        if (TrainableGroups.Count == 0)
        {
            throw new ArgumentException("Every parameter is in a group with a learning rate factor of 0; there is nothing to train.", nameof(rules));
        }

        var total = Groups.Sum(group => group.Length);
        var device = parameters[0].Parameter.device;
        Values = zeros(total, dtype: ScalarType.Float32, device: device).DetachFromDisposeScope();
        Gradients = zeros(total, dtype: ScalarType.Float32, device: device).DetachFromDisposeScope();

        Bind();
        working = precision == Precision.BFloat16 ? new WorkingCopy(module, this) : null;
    }

    /// <summary>Every parameter, float32 (total).</summary>
    public Tensor Values { get; }

    /// <summary>Every gradient, float32 (total), in the order of <see cref="Values"/>.</summary>
    public Tensor Gradients { get; }

    /// <summary>The groups that have parameters, in the order of their ranges.</summary>
    public IReadOnlyList<FlatGroup> Groups { get; }

    /// <summary>The groups that are trained: those with a learning rate factor other than 0.</summary>
    public IReadOnlyList<FlatGroup> TrainableGroups { get; }

    /// <summary>Each parameter's part of a buffer laid out like <see cref="Values"/>, by its state key, in the parameter's shape.</summary>
    public IEnumerable<(string Key, Tensor View)> Views(Tensor buffer)
    {
        var offset = 0L;
        foreach (var (key, parameter) in parameters)
        {
            yield return (key, View(buffer, offset, parameter.shape));
            offset += parameter.numel();
        }
    }

    /// <summary>The first floating-point buffer of the module that holds a number which is not finite; null if there is none. Waits for the device.</summary>
    internal string? BrokenBuffer()
    {
        using var scope = NewDisposeScope();
        var buffers = module.named_buffers().Where(named => is_floating_point(named.buffer)).ToList();
        if (buffers.Count == 0)
        {
            return null;
        }

#pragma warning disable RS0030 // At the end of an epoch, and before the run is saved.
        var finite = stack(buffers.Select(named => named.buffer.isfinite().all()).ToArray()).cpu().data<bool>().ToArray();
#pragma warning restore RS0030
        var first = Array.IndexOf(finite, false);
        return first < 0 ? null : buffers[first].name;
    }

    /// <summary>Whether the parameter with a state key is not trained.</summary>
    internal bool IsFrozen(string key) => frozen.Contains(key);

    /// <summary>
    /// Call it after each backward pass: it adds the gradients of bfloat16 parameters to <see cref="Gradients"/>; those of float32 parameters are there
    /// already.
    /// </summary>
    public void CollectGradients() => working?.CollectGradients();

    /// <summary>Call it after changing <see cref="Values"/>: it rounds them again for bfloat16 parameters. <see cref="FlatOptimizer.Step"/> does so itself.</summary>
    public void Refresh() => working?.Refresh();

    /// <summary>Releases the gradients; the parameters keep their values, float32.</summary>
    public void Dispose()
    {
        working?.Dispose();
        foreach (var (_, parameter) in parameters)
        {
            parameter.grad = null;
        }

        Values.Dispose();
        Gradients.Dispose();
    }

    /// <summary>The module's state with every parameter in float32, as files hold it. The tensors live as long as this object.</summary>
    internal Dictionary<string, Tensor> State()
    {
        var state = module.State();
        foreach (var (key, master) in working?.Masters ?? [])
        {
            state[key] = master;
        }

        return state;
    }

    private void Bind()
    {
        using var untracked = no_grad();
        using var scope = NewDisposeScope();
        foreach (var ((_, parameter), (_, value), (_, gradient)) in parameters.Zip(Views(Values), Views(Gradients)))
        {
            value.copy_(parameter);
            parameter.set_(value);
            parameter.grad = gradient;
        }
    }

    private void CheckAlike(nn.Module module)
    {
        var first = parameters[0].Parameter;
        foreach (var (name, parameter) in module.named_parameters().Where(named => named.parameter.requires_grad))
        {
            if (parameter.dtype != ScalarType.Float32 || parameter.device_type != first.device_type || parameter.device_index != first.device_index)
            {
                throw new ArgumentException(
                    $"The parameter '{name}' is {parameter.dtype} on {parameter.device}; all must be Float32 on one device.", nameof(module));
            }
        }
    }

    private static List<FlatGroup> Ranges(IEnumerable<GroupedParameters> groups)
    {
        var ranges = new List<FlatGroup>();
        foreach (var group in groups)
        {
            var start = ranges.Count > 0 ? ranges[^1].Start + ranges[^1].Length : 0;
            ranges.Add(new FlatGroup(group.Options, start, group.Members.Sum(member => member.Parameter.numel())));
        }

        return ranges;
    }

    private static Tensor View(Tensor buffer, long offset, long[] shape)
    {
        var range = buffer.narrow(0, offset, shape.Aggregate(1L, (product, size) => product * size));
        return shape is [var o, var i, var h, var w] ? range.view(o, h, w, i).permute(0, 3, 1, 2) : range.view(shape);
    }
}

/// <summary>The parameters of one group as a range of the flat buffers.</summary>
/// <param name="Options">The group's rule and factors.</param>
/// <param name="Start">Its first element.</param>
/// <param name="Length">Its elements, at least 1.</param>
public sealed record FlatGroup(ParameterGroup Options, long Start, long Length)
{
    /// <summary>Whether these parameters are not trained.</summary>
    public bool IsFrozen => Options.LearningRateFactor == 0;

    /// <summary>The group's range of a buffer laid out like the flat parameters: a view (length).</summary>
    /// <param name="buffer">The buffer.</param>
    public Tensor Slice(Tensor buffer)
    {
        ArgumentNullException.ThrowIfNull(buffer);
        return buffer.narrow(0, Start, Length);
    }
}

/// <summary>A copy of a module's parameters and buffers that can be restored.</summary>
internal sealed class WeightsSnapshot : IDisposable
{
    private const string BestPrefix = "best.";

    private readonly FlatParameters parameters;
    private readonly Dictionary<string, Tensor> copies;

    public WeightsSnapshot(FlatParameters parameters)
    {
        this.parameters = parameters;
        using var frozen = no_grad();
        copies = parameters.State().ToDictionary(entry => entry.Key, entry => entry.Value.clone().DetachFromDisposeScope());
    }

    /// <summary>Every copy by its key in a checkpoint, as the best epoch's.</summary>
    public IEnumerable<(string Key, Tensor Tensor)> State => copies.Select(entry => (BestPrefix + entry.Key, entry.Value));

    /// <summary>Copies the module's state as it is now.</summary>
    public void Take() => Copy((own, copy) => copy.copy_(own));

    /// <summary>Gives the module the state that was copied last.</summary>
    public void Restore()
    {
        Copy((own, copy) => own.copy_(copy));
        parameters.Refresh();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var copy in copies.Values)
        {
            copy.Dispose();
        }
    }

    private void Copy(Func<Tensor, Tensor, Tensor> copy)
    {
        using var frozen = no_grad();
        foreach (var (key, own) in parameters.State())
        {
            copy(own, copies[key]);
        }
    }
}
