using FluentAssertions;
using TorchSharp;
using Xunit;

namespace Inception.Tests.Torch;

/// <summary>
/// TorchSharp-0.107.surface.txt lists the part of TorchSharp 0.107.0's public surface that SystemTorch implements. Built with SystemTorch, every visible
/// member of it must be in the list, to the letter; built against TorchSharp (TorchSharpAssembly), every line of the list must be in TorchSharp.
/// With UPDATE_TORCHSHARP_SURFACE=1 a build with SystemTorch adds its lines to the list, and one against TorchSharp removes those that TorchSharp lacks.
/// </summary>
public sealed class SurfaceTests
{
    private static readonly IReadOnlyList<string> Actual = SurfaceFormatter.Lines(typeof(torch).Assembly);

    [Fact]
    public void SystemTorch_is_a_slice_of_TorchSharp()
    {
        var path = ListPath();
        var listed = File.Exists(path) ? File.ReadAllLines(path) : [];
        if (Environment.GetEnvironmentVariable("UPDATE_TORCHSHARP_SURFACE") == "1")
        {
            listed = [.. (Tensors.IsSystemTorch ? Actual : listed.Intersect(Actual)).Order(StringComparer.Ordinal)];
            File.WriteAllLines(path, listed);
        }

        var wrong = Tensors.IsSystemTorch ? Actual.Except(listed) : listed.Except(Actual);

        wrong.Should().BeEmpty();
        listed.Should().NotBeEmpty();
    }

    private static string ListPath() => Repository.PathOf("tests", "GoogLeNet.Net.Tests", "Torch", "TorchSharp-0.107.surface.txt");
}
