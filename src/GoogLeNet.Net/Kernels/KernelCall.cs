namespace Inception.Kernels;

/// <summary>A kernel's work that is still to be done, <see cref="Ranges.Run(KernelCall[])">together</see> with others': ranges that any thread may take in any order.</summary>
/// <param name="Count">How many.</param>
/// <param name="Body">Does one; it reads and writes memory that has to live so long.</param>
internal sealed record KernelCall(int Count, Action<int> Body)
{
    /// <summary>Ranges that make up 0, 1, … <paramref name="items"/> − 1.</summary>
    /// <param name="items">How many items.</param>
    /// <param name="count">How many ranges.</param>
    /// <param name="body">Takes the range's number, its first item and the one behind its last.</param>
    public static KernelCall Of(int items, int count, Action<int, int, int> body) =>
        new(count, range => body(range, (int)((long)items * range / count), (int)((long)items * (range + 1) / count)));

    /// <summary>Each of 0, 1, … <paramref name="items"/> − 1, in order within each range.</summary>
    /// <param name="items">How many items.</param>
    /// <param name="size">Numbers in an item.</param>
    /// <param name="body">One item.</param>
    public static KernelCall OfItems(int items, int size, Action<int> body) =>
        Of(items, Ranges.Count(items, size), (_, start, end) =>
        {
            for (var i = start; i < end; i++)
            {
                body(i);
            }
        });
}
