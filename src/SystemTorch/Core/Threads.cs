using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    /// <summary>How many threads one operator uses on the processor.</summary>
    public static int get_num_threads() => Native.st_threads();

    /// <summary>Sets how many threads one operator uses on the processor, at least 1.</summary>
    public static void set_num_threads(int num) => Native.Check(Native.st_set_threads(num));
}
