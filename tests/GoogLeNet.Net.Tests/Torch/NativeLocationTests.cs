using System.Reflection;
using FluentAssertions;
using TorchSharp;
using Xunit;

namespace Inception.Tests.Torch;

/// <summary>Where SystemTorch looks for its native library.</summary>
public sealed class NativeLocationTests
{
    [Fact]
    public void The_environment_variable_wins()
    {
        if (Tensors.IsSystemTorch)
        {
            Candidates("/opt/libsystemtorch.so", "/app/").Should().Equal("/opt/libsystemtorch.so");
        }
    }

    [Fact]
    public void Otherwise_it_lies_beside_the_application_or_in_a_package_or_in_artifacts_above_it()
    {
        if (Tensors.IsSystemTorch)
        {
            Candidates(null, "/repo/bin/", "/packages/native/").Should().Equal(
                "/repo/bin/libsystemtorch.so", "/packages/native/libsystemtorch.so", "/repo/bin/artifacts/native/libsystemtorch.so", "/repo/artifacts/native/libsystemtorch.so", "/artifacts/native/libsystemtorch.so");
        }
    }

    private static IEnumerable<string> Candidates(string? variable, string folder, params string[] packages) =>
        (IEnumerable<string>)typeof(torch).Assembly.GetType("TorchSharp.Interop.NativeLocation")!
            .GetMethod("Candidates", BindingFlags.Static | BindingFlags.NonPublic)!.Invoke(null, [variable, folder, packages])!;
}
