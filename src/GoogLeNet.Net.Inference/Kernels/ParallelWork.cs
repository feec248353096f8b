namespace Inception.Kernels;

/// <summary>Work that a kernel has still to do, in ranges that any thread may take in any order. <see cref="ParallelFor"/> runs it.</summary>
/// <param name="Count">Number of ranges.</param>
/// <param name="Body">Does one range. The memory that it reads and writes must live until the work has run.</param>
internal sealed record ParallelWork(int Count, Action<int> Body)
{
    /// <summary>Splits 0, 1, … <paramref name="items"/> − 1 into ranges.</summary>
    /// <param name="items">Number of items.</param>
    /// <param name="count">Number of ranges.</param>
    /// <param name="body">Takes the range's number, its first item and the item after its last.</param>
    public static ParallelWork OverRanges(int items, int count, Action<int, int, int> body) =>
        new(count, range => body(range, (int)((long)items * range / count), (int)((long)items * (range + 1) / count)));

    /// <summary>Does each of 0, 1, … <paramref name="items"/> − 1; items of one range in order.</summary>
    /// <param name="items">Number of items.</param>
    /// <param name="size">Numbers in an item; it decides how many items make a range.</param>
    /// <param name="body">Does one item.</param>
    public static ParallelWork OverItems(int items, int size, Action<int> body) =>
        OverRanges(items, ParallelFor.RangeCount(items, size), (_, start, end) =>
        {
            for (var i = start; i < end; i++)
            {
                body(i);
            }
        });
}
