using System.Buffers.Binary;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Inception.Training;

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
