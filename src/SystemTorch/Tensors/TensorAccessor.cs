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

    /// <summary>The element at one index per dimension, or at one index in the order of the dimensions.</summary>
    /// <exception cref="IndexOutOfRangeException">There is no such element.</exception>
    public T this[params long[] indices]
    {
        get => start[Offset(indices)];
        set => start[Offset(indices)] = value;
    }

    /// <summary>A copy of the elements.</summary>
    public T[] ToArray()
    {
        var result = new T[Count];
        if (Count > 0)
            CopyTo(result);
        return result;
    }

    /// <summary>Copies the elements from <paramref name="tensorIndex"/> on to <paramref name="array"/>, until either ends.</summary>
    public void CopyTo(T[] array, int arrayIndex = 0, long tensorIndex = 0) => CopyTo(array.AsSpan(), arrayIndex, tensorIndex);

    /// <summary>Copies the elements from <paramref name="tensorIndex"/> on to <paramref name="array"/>, until either ends.</summary>
    public void CopyTo(Span<T> array, int arrayIndex = 0, long tensorIndex = 0)
    {
        var length = Common(array.Length - arrayIndex, tensorIndex);
        if (contiguous)
            new ReadOnlySpan<T>(start + tensorIndex, length).CopyTo(array[arrayIndex..]);
        else
            for (var i = 0; i < length; i++)
                array[arrayIndex + i] = start[Offset(tensorIndex + i)];
        GC.KeepAlive(this);
    }

    /// <summary>Copies <paramref name="array"/> to the elements from <paramref name="tensorIndex"/> on, until either ends.</summary>
    public void CopyFrom(T[] array, int arrayIndex = 0, long tensorIndex = 0) => CopyFrom(new ReadOnlySpan<T>(array), arrayIndex, tensorIndex);

    /// <summary>Copies <paramref name="array"/> to the elements from <paramref name="tensorIndex"/> on, until either ends.</summary>
    public void CopyFrom(ReadOnlySpan<T> array, int arrayIndex = 0, long tensorIndex = 0)
    {
        var length = Common(array.Length - arrayIndex, tensorIndex);
        for (var i = 0; i < length; i++)
            start[Offset(tensorIndex + i)] = array[arrayIndex + i];
        GC.KeepAlive(this);
    }

    /// <summary>Goes through the elements in the order of the dimensions.</summary>
    public IEnumerator<T> GetEnumerator() => ((IEnumerable<T>)ToArray()).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>Lets go of the tensor, which is not disposed.</summary>
    public void Dispose() => GC.KeepAlive(tensor);

    private int Common(int room, long from)
    {
        if (from < 0 || from >= Count)
            throw new ArgumentOutOfRangeException(nameof(from));
        return (int)Math.Min(Math.Max(room, 0), Count - from);
    }

    private long Offset(long[] indices)
    {
        if (indices.Length == 1)
            return indices[0] < Count ? Offset(indices[0]) : throw new IndexOutOfRangeException();
        var offset = 0L;
        for (var d = shape.Length - 1; d >= 0; d--)
        {
            if (indices[d] < 0 || indices[d] >= shape[d])
                throw new IndexOutOfRangeException($"{indices[d]} >= {shape[d]} in dimension {d}.");
            offset += indices[d] * strides[d];
        }
        return offset;
    }

    private long Offset(long index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        if (contiguous)
            return index;
        var offset = 0L;
        for (var d = shape.Length - 1; d >= 0; d--)
        {
            (index, var at) = Math.DivRem(index, shape[d]);
            offset += at * strides[d];
        }
        return offset;
    }
}
