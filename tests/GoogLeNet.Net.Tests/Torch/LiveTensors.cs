using Xunit;

namespace Inception.Tests.Torch;

/// <summary>The tests that count the process's tensors run while no other test does.</summary>
[CollectionDefinition(Collection, DisableParallelization = true)]
public sealed class LiveTensors
{
    public const string Collection = "Live tensors";

    /// <summary>Finalizes what earlier tests left.</summary>
    public static void Settle()
    {
        for (var i = 0; i < 3; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }
    }
}
