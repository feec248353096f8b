using System.Collections;

namespace TorchSharp.Utils;

/// <summary>The elements of a tensor on the processor, in the order of the dimensions whatever the strides. It keeps the tensor alive.</summary>
public sealed unsafe class TensorAccessor<T> : IDisposable, IEnumerable<T> where T : unmanaged
{
    private readonly torch.Tensor tensor;
    private readonly T* start;
    private readonly long[] shape;
    private readonly long[] strides;
    private readonly bool contiguous;

    internal TensorAccessor(torch.Tensor tensor)
    {
        this.tensor = tensor;
        start = (T*)tensor.DataPointer;
        (shape, strides, contiguous) = (tensor.shape, tensor.stride(), tensor.is_contiguous());
        Count = tensor.numel();
    }

    /// <summary>How many elements there are.</summary>
    public long Count { get; }

    /// <summary>
    /// The element at one index per dimension. To read, one index in the order of the dimensions will do; to write it will not, as in TorchSharp.
    /// </summary>
    /// <exception cref="IndexOutOfRangeException">There is no such element.</exception>
    public T this[params long[] indices]
    {
        get => start[indices.Length == 1 ? Offset(indices[0] < Count ? indices[0] : throw new IndexOutOfRangeException()) : Offset(indices)];
        set => start[Offset(indices)] = value;
    }

    /// <summary>A copy of the elements.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There are none, and the tensor has several dimensions: as in TorchSharp.</exception>
    public T[] ToArray() => Count > 0 || shape.Length < 2 ? Copied() : throw new ArgumentOutOfRangeException("startingIndex");

    /// <summary>Goes through the elements in the order of the dimensions.</summary>
    public IEnumerator<T> GetEnumerator() => ((IEnumerable<T>)Copied()).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>Lets go of the tensor, which is not disposed.</summary>
    public void Dispose() => GC.KeepAlive(tensor);

    private T[] Copied()
    {
        var result = new T[Count];
        if (contiguous)
        {
            new ReadOnlySpan<T>(start, result.Length).CopyTo(result);
        }
        else
        {
            for (var i = 0; i < result.Length; i++)
            {
                result[i] = start[Offset(i)];
            }
        }

        GC.KeepAlive(this);
        return result;
    }

    private long Offset(long[] indices)
    {
        var offset = 0L;
        for (var d = shape.Length - 1; d >= 0; d--)
        {
            if (indices[d] < 0 || indices[d] >= shape[d])
            {
                throw new IndexOutOfRangeException($"{indices[d]} >= {shape[d]} in dimension {d}.");
            }

            offset += indices[d] * strides[d];
        }
        return offset;
    }

    private long Offset(long index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        if (contiguous)
        {
            return index;
        }

        var offset = 0L;
        for (var d = shape.Length - 1; d >= 0; d--)
        {
            (index, var at) = Math.DivRem(index, shape[d]);
            offset += at * strides[d];
        }
        return offset;
    }
}
