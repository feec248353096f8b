using Xunit;

namespace Inception.Tests;

/// <summary>
/// Tests that run torch come one after another: they share its threads, its default random generator and its count of live tensors.
/// </summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class TorchCollection
{
    public const string Name = "torch";
}
