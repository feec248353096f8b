using static TorchSharp.torch;

namespace Inception.Training;

/// <summary>All float32 buffers of a module as views of one contiguous buffer, as the parameters are.</summary>
internal sealed class FlatBuffers : IDisposable
{
    private readonly (string Key, long[] Shape)[] buffers;

    /// <summary>Moves the buffers of <paramref name="module"/> into one.</summary>
    public FlatBuffers(nn.Module module, Device device)
    {
        var own = module.named_buffers().Where(named => named.buffer.dtype == ScalarType.Float32).ToList();
        buffers = [.. own.Select(named => (named.name, named.buffer.shape))];
        Values = zeros(own.Sum(named => named.buffer.numel()), device: device).DetachFromDisposeScope();

        using var frozen = no_grad();
        using var scope = NewDisposeScope();
        foreach (var ((_, buffer), (_, view)) in own.Zip(Views(Values)))
        {
            view.copy_(buffer);
            buffer.set_(view);
        }
    }

    /// <summary>Every buffer, float32 (total).</summary>
    public Tensor Values { get; }

    /// <summary>Each buffer's part of a tensor that lies like <see cref="Values"/>, by its state key.</summary>
    public IEnumerable<(string Key, Tensor View)> Views(Tensor values)
    {
        var offset = 0L;
        foreach (var (key, shape) in buffers)
        {
            var length = shape.Aggregate(1L, (product, size) => product * size);
            yield return (key, values.narrow(0, offset, length).view(shape));
            offset += length;
        }
    }

    /// <summary>Lets go of the one buffer; the module keeps its values.</summary>
    public void Dispose() => Values.Dispose();
}
