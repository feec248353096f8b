using FluentAssertions;
using Xunit;

namespace Inception.Tests.Kernels;

/// <summary>The kernels touch no number beyond those that they were given, by <see cref="GuardedProcess"/>.</summary>
public sealed class GuardedMemoryTests
{
    [LinuxTheory]
    [InlineData(GuardedMemory.AtEnd)]
    [InlineData(GuardedMemory.AtStart)]
    public void No_kernel_and_no_network_reads_or_writes_beyond_its_memory(string edge)
    {
        using var folder = new TemporaryFolder();
        string[] files = [.. Networks().Select((spec, i) => Saved(spec, folder[$"{spec.Name}-{i}.safetensors"]))];

        GuardedProcess.Start(edge, files).Should().Be((0, "done"));
    }

    [LinuxTheory]
    [InlineData(GuardedMemory.AtEnd)]
    [InlineData(GuardedMemory.AtStart)]
    public void One_number_too_many_would_be_seen(string edge) =>
        GuardedProcess.Start(edge, GuardedProcess.Overrun).ExitCode.Should().NotBe(0);

    // Widths that leave remainders in every vector; the tutorial's network has asymmetric padding, the last one gray images.
    private static GoogLeNetSpec[] Networks() =>
    [
        Small(GoogLeNetSpec.Paper, 0.1, 64),
        Small(GoogLeNetSpec.TorchVision, 0.1, 64),
        Small(GoogLeNetSpec.Tutorial, 0.1, 64),
        Small(GoogLeNetSpec.Cifar, 0.3, 32),
        Small(GoogLeNetSpec.CifarFast, 1, 32),
        Small(GoogLeNetSpec.CifarSmall, 0.5, 32) with { InputChannels = 1 },
    ];

    private static GoogLeNetSpec Small(GoogLeNetSpec spec, double width, int size) => spec.WithWidth(width) with
    {
        InputSize = size,
        Auxiliaries = [.. spec.Auxiliaries.Select(head => head with { Hidden = 24, Pooling = head.Pooling is AveragePooling ? new AveragePooling(2, 1) : head.Pooling })],
    };

    private static string Saved(GoogLeNetSpec spec, string path)
    {
        using var model = GoogLeNet.Create(7, spec, seed: 4);
        model.SaveWeights(path);
        return path;
    }
}
