using System.Runtime.InteropServices;
using FluentAssertions;
using Xunit;
using static TorchSharp.torch;

namespace Inception.Tests.Torch;

/// <summary>What engine System tells the libraries below it about their threads.</summary>
public sealed partial class ThreadSettingsTests
{
    [Theory]
    [InlineData("OPENBLAS_THREAD_TIMEOUT", "4")]
    [InlineData("GOMP_SPINCOUNT", "2000", "OMP_WAIT_POLICY")]
    public void Threads_sleep_soon_unless_the_environment_says_otherwise(string name, string value, params string[] unless)
    {
        if (Tensors.IsSystemTorch)
        {
            using var loaded = zeros(1);
            var given = unless.Append(name).Select(Environment.GetEnvironmentVariable).ToArray();

            Marshal.PtrToStringUTF8(Native(name)).Should().Be(given.All(text => text is null) ? value : given[^1]);
        }
    }

    [LibraryImport("libc", EntryPoint = "getenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint Native(string name);
}
