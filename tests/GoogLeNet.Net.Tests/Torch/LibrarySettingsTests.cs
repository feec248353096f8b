using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using FluentAssertions;
using Xunit;
using static TorchSharp.torch;

namespace Inception.Tests.Torch;

/// <summary>What engine System tells the libraries below it about threads and processors.</summary>
public sealed partial class LibrarySettingsTests
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

    [Fact]
    public void OpenBlas_multiplies_by_the_instructions_of_this_processor()
    {
        using var loaded = zeros(1);
        var isChosen = Environment.GetEnvironmentVariable("OPENBLAS_CORETYPE") is not null;
        if (Tensors.IsSystemTorch && !isChosen && Avx2.IsSupported && NativeLibrary.TryLoad("libopenblas.so.0", out _))
        {
            Marshal.PtrToStringUTF8(Kernels()).Should().NotMatchRegex("^(Prescott|Core2|Nehalem|Barcelona|Sandybridge)$");
        }
    }

    [LibraryImport("libopenblas.so.0", EntryPoint = "openblas_get_corename")]
    private static partial nint Kernels();

    [LibraryImport("libc", EntryPoint = "getenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint Native(string name);
}
