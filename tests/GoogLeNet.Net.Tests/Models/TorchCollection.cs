using TorchSharp;
using Xunit;

namespace Inception.Tests;

/// <summary>
/// Tests that run torch come one after another: they share its threads, its default random generator and its count of live tensors.
/// </summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class TorchCollection : ICollectionFixture<TorchCollection.OneThread>
{
    public const string Name = "torch";

    /// <summary>The networks of the tests are too small to share between threads, which would only wait for each other on a busy machine.</summary>
    public sealed class OneThread
    {
        public OneThread() => torch.set_num_threads(1);
    }
}
