using static TorchSharp.torch;

namespace Inception.Tests.Operators;

/// <summary>Runs on another number of threads than the tests have otherwise.</summary>
internal static class Threads
{
    /// <summary>What <paramref name="compute"/> gives on so many threads.</summary>
    public static T On<T>(int count, Func<T> compute)
    {
        var before = get_num_threads();
        set_num_threads(count);
        try
        {
            return compute();
        }
        finally
        {
            set_num_threads(before);
        }
    }
}
