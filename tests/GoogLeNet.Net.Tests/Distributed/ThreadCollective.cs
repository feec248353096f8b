using System.Collections.Concurrent;
using Inception.Training;
using static TorchSharp.torch;

namespace Inception.Tests.Distributed;

/// <summary>Processes as threads of this one: sums are taken in the order of their numbers.</summary>
internal sealed class ThreadCollective : Collective
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly Room room;

    private ThreadCollective(Room room, int rank, int size)
        : base(rank, size) => this.room = room;

    /// <summary>Numbers of reductions and broadcasts that this thread has made.</summary>
    public int Calls { get; private set; }

    /// <summary>Values of a piece, where sums of bfloat16 are taken in parts as over MPI; null for what every collective does.</summary>
    public long? PieceCount { get; set; }

    /// <summary>Does something on each of several threads at once.</summary>
    /// <returns>What each returned or threw, and what was the reason where one has ended all.</returns>
    public static (IReadOnlyList<Outcome<T>> Each, IReadOnlyList<string> Aborts) Run<T>(int size, Func<ThreadCollective, T> work)
    {
        using var room = new Room(size);
        var outcomes = new Outcome<T>[size];
        var threads = Enumerable.Range(0, size).Select(rank => new Thread(() =>
        {
            using var scope = NewDisposeScope();
            using var collective = new ThreadCollective(room, rank, size);
            try
            {
                outcomes[rank] = new(work(collective), null);
            }
            catch (Exception e)
            {
                outcomes[rank] = new(default, e);
            }
        })).ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());
        return (outcomes, [.. room.Aborts]);
    }

    public override void Barrier() => room.Wait();

    public override void Abort(string message)
    {
        room.Aborts.Enqueue($"{Rank}: {message}");
        room.IsOver.Cancel();
    }

    protected override void Reduce(Tensor values, bool takesMaximum)
    {
        Calls++;
        Exchange(values, all => all.Skip(1).Aggregate(all[0].clone(), (sum, each) => takesMaximum ? sum.maximum(each) : sum.add_(each)));
    }

    protected override void ReduceBFloat16(Tensor values)
    {
        if (PieceCount is { } count)
        {
            SumParts(values, Size, count, (from, to) => Exchange(from, to, all => cat([.. all.Select(each => each.chunk(Size)[Rank])])), (from, to) => Exchange(from, to, all => cat(all)));
            return;
        }

        base.ReduceBFloat16(values);
    }

    protected override void Send(Tensor values, int root)
    {
        Calls++;
        Exchange(values, all => all[root].clone());
    }

    private void Exchange(Tensor values, Func<Tensor[], Tensor> combine) => Exchange(values, values, combine);

    private void Exchange(Tensor from, Tensor to, Func<Tensor[], Tensor> combine)
    {
        room.Slots[Rank] = from;
        room.Wait();
        room.Slots.Should_have_one_shape();
        using var scope = NewDisposeScope();
        var result = combine(room.Slots);
        room.Wait();
        to.copy_(result);
    }

    internal sealed record Outcome<T>(T? Value, Exception? Error);

    private sealed class Room(int size) : IDisposable
    {
        private readonly Barrier barrier = new(size);

        public Tensor[] Slots { get; } = new Tensor[size];

        public ConcurrentQueue<string> Aborts { get; } = [];

        public CancellationTokenSource IsOver { get; } = new();

        public void Dispose()
        {
            barrier.Dispose();
            IsOver.Dispose();
        }

        public void Wait()
        {
            try
            {
                if (!barrier.SignalAndWait(Patience, IsOver.Token))
                {
                    throw new TimeoutException("The others make other calls.");
                }
            }
            catch (OperationCanceledException)
            {
                throw new EndedException();
            }
        }
    }
}

/// <summary>Another thread has ended all.</summary>
internal sealed class EndedException : Exception;

/// <summary>Checks of tensors of several threads.</summary>
internal static class SlotChecks
{
    public static void Should_have_one_shape(this Tensor[] slots)
    {
        if (slots.Any(slot => slot.dtype != slots[0].dtype || !slot.shape.SequenceEqual(slots[0].shape)))
        {
            throw new InvalidOperationException($"The threads came with {string.Join(", ", slots.Select(slot => $"{slot.dtype} ({string.Join(", ", slot.shape)})"))}.");
        }
    }
}
