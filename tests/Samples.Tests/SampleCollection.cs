using Xunit;

namespace Inception.Tests.Samples;

/// <summary>The sample's tests run one after another: they set libtorch's threads for the whole process, and start others.</summary>
[CollectionDefinition(Name)]
public sealed class SampleCollection
{
    public const string Name = "Sample trainer";
}
