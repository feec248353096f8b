using static TorchSharp.torch;

namespace Inception.Training;

/// <summary>
/// Processes that train one network together: what each computes on its part of a batch is added up over all. <see cref="TrainerOptions.Collective"/> takes one;
/// <see cref="MpiCollective"/> is MPI's. Every process makes the same calls in the same order, each from one thread at a time.
/// </summary>
/// <remarks>One of your own implements <see cref="Reduce"/>, <see cref="Send"/>, <see cref="Barrier"/> and <see cref="Abort"/> over memory of the host; tensors of a GPU are copied there and back.</remarks>
public abstract class Collective : IDisposable
{
    /// <summary>Describes this process among all.</summary>
    /// <param name="rank">Its number, 0 … <paramref name="size"/> − 1.</param>
    /// <param name="size">Processes in all, at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">The number is not in its range.</exception>
    protected Collective(int rank, int size)
    {
        Size = Check.AtLeast(1, size);
        ArgumentOutOfRangeException.ThrowIfNegative(rank);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(rank, size);
        Rank = rank;
    }

    /// <summary>This process's number, counted from 0. Process 0 writes the files and calls the callbacks.</summary>
    public int Rank { get; }

    /// <summary>Processes in all.</summary>
    public int Size { get; }

    /// <summary>This process's number among those on the same machine, counted from 0: the index of its GPU where there are several. Default <see cref="Rank"/>.</summary>
    public virtual int LocalRank => Rank;

    /// <summary>Adds up a tensor over all processes, element by element; afterwards each has the sum. bfloat16 is added up in float32, and the sum rounded once.</summary>
    /// <param name="values">float32, float64 or bfloat16 of any shape, the same in every process; changed in place.</param>
    /// <exception cref="ArgumentException">It has another type.</exception>
    public void Sum(Tensor values)
    {
        if (values is { dtype: ScalarType.BFloat16 })
        {
            OnHost(values, ReduceBFloat16, isChanged: true);
            return;
        }

        Reduced(values, takesMaximum: false);
    }

    /// <summary>The largest value over all processes, element by element.</summary>
    /// <param name="values">float32 or float64 of any shape, the same in every process; changed in place.</param>
    /// <exception cref="ArgumentException">It has another type.</exception>
    public void Max(Tensor values) => Reduced(values, takesMaximum: true);

    /// <summary>Gives every process one process's values, bit for bit.</summary>
    /// <param name="values">Any type and shape, the same in every process; changed in place except on <paramref name="root"/>.</param>
    /// <param name="root">The process whose values they are.</param>
    public void Broadcast(Tensor values, int root = 0)
    {
        ArgumentNullException.ThrowIfNull(values);
        ArgumentOutOfRangeException.ThrowIfNegative(root);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(root, Size);
        OnHost(values, host => Send(host, root), isChanged: Rank != root);
    }

    /// <summary>Waits until every process has come here.</summary>
    public abstract void Barrier();

    /// <summary>Ends all processes, those that wait for this one too, with one line that names this one.</summary>
    /// <param name="message">Why, in one sentence.</param>
    public abstract void Abort(string message);

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Adds up, or takes the largest, over all processes, in place. Each process gets the same bits.</summary>
    /// <param name="values">float32 or float64 in the host's memory, contiguous.</param>
    /// <param name="takesMaximum">Whether the result is the largest value instead of the sum.</param>
    protected abstract void Reduce(Tensor values, bool takesMaximum);

    /// <summary>Adds up bfloat16 values over all processes, in place: in float32, and the sum is rounded once. Each process gets the same bits.</summary>
    /// <remarks>Default: <see cref="Reduce"/> of float32 values. Override it where half the bytes can be sent.</remarks>
    /// <param name="values">bfloat16 in the host's memory, contiguous.</param>
    protected virtual void ReduceBFloat16(Tensor values)
    {
        ArgumentNullException.ThrowIfNull(values);
        using var wide = values.to(ScalarType.Float32);
        Reduce(wide, takesMaximum: false);
        values.copy_(wide);
    }

    /// <summary>Copies one process's values to all.</summary>
    /// <param name="values">Any type, in the host's memory, contiguous.</param>
    /// <param name="root">The process whose values they are.</param>
    protected abstract void Send(Tensor values, int root);

    /// <summary>Leaves the processes. Default: nothing.</summary>
    /// <param name="disposing">Whether it is called by <see cref="Dispose()"/>.</param>
    protected virtual void Dispose(bool disposing)
    {
    }

    /// <summary>Sums of bfloat16 values in half the bytes of a float32 sum: each process adds up one part of all, in float32 and in the order of ranks, rounds it, and gives it to all.</summary>
    /// <param name="values">bfloat16 in the host's memory, contiguous; changed in place.</param>
    /// <param name="size">Processes in all.</param>
    /// <param name="maxCount">Values that are exchanged at once, at most.</param>
    /// <param name="allToAll">Sends the first tensor's equal parts, one to each process, and puts those of all into the second in the order of ranks.</param>
    /// <param name="allGather">Puts the first tensors of all processes into the second in the order of ranks.</param>
    internal static void SumParts(Tensor values, int size, long maxCount, Action<Tensor, Tensor> allToAll, Action<Tensor, Tensor> allGather)
    {
        // Parts of whole 32-bit words.
        var unit = 2L * size;
        var count = values.numel();
        var whole = nn.functional.pad(values.flatten(), [0, (unit - (count % unit)) % unit]);
        foreach (var piece in whole.split(Math.Max(maxCount / unit, 1) * unit))
        {
            using var scope = NewDisposeScope();
            var parts = empty_like(piece);
            allToAll(piece, parts);
            parts = parts.view(size, -1);
            var sum = parts[0].to(ScalarType.Float32);
            for (var rank = 1; rank < size; rank++)
            {
                sum.Add_(parts[rank]);
            }

            allGather(sum.to(ScalarType.BFloat16), piece);
        }

        values.copy_(whole.narrow(0, 0, count).view(values.shape));
    }

    private void Reduced(Tensor values, bool takesMaximum)
    {
        ArgumentNullException.ThrowIfNull(values);
        if (values.dtype is not (ScalarType.Float32 or ScalarType.Float64))
        {
            throw new ArgumentException($"The tensor is {values.dtype}; it must be {(takesMaximum ? "Float32 or Float64" : "Float32, Float64 or BFloat16")}.", nameof(values));
        }

        OnHost(values, host => Reduce(host, takesMaximum), isChanged: true);
    }

    // In place where the values lie in the host's memory one after the other; otherwise on a copy.
    private void OnHost(Tensor values, Action<Tensor> work, bool isChanged)
    {
        if (Size == 1 || values.numel() == 0)
        {
            return;
        }

        using var frozen = no_grad();
        using var scope = NewDisposeScope();
        if (values.device_type == TorchSharp.DeviceType.CPU && values.is_contiguous())
        {
            work(values);
            return;
        }

#pragma warning disable RS0030 // Other processes wait for the values.
        var host = values.cpu().contiguous();
#pragma warning restore RS0030
        work(host);
        if (isChanged)
        {
            values.copy_(host);
        }
    }
}

/// <summary>Processes cannot train together: MPI is missing or another one than the launcher's, or the processes have different options, images or networks.</summary>
public sealed class CollectiveException : InvalidOperationException
{
    internal CollectiveException(string message)
        : base(message)
    {
    }
}
