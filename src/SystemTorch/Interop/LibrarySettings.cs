using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

namespace TorchSharp.Interop;

/// <summary>
/// What the libraries below read from the environment when they are loaded, unless it says otherwise already. libtorch's OpenMP threads and those of
/// Debian's OpenBLAS spin for milliseconds after each piece of work, on the cores that the others want next: here both sleep soon. And OpenBLAS
/// knows processors by their numbers; on one that is newer than itself it multiplies matrices by the instructions of 2004.
/// </summary>
internal static partial class LibrarySettings
{
    /// <summary>To be called before libtorch is loaded.</summary>
    public static void Apply()
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        if (Environment.GetEnvironmentVariable("OMP_WAIT_POLICY") is null)
        {
            _ = SetEnvironment("GOMP_SPINCOUNT", "2000", overwrite: 0);          // some microseconds: from one operator to the next
        }

        _ = SetEnvironment("OPENBLAS_THREAD_TIMEOUT", "4", overwrite: 0);        // 2⁴ cycles, the least
        if (Kernels() is { } kernels)
        {
            _ = SetEnvironment("OPENBLAS_CORETYPE", kernels, overwrite: 0);
        }
    }

    // What OpenBLAS takes by itself on those of Intel's processors that it knows; other makers' it is left to choose for.
    private static string? Kernels()
    {
        if (!X86Base.IsSupported)
        {
            return null;
        }

        var isIntel = X86Base.CpuId(0, 0) is (_, 0x756e6547, 0x6c65746e, 0x49656e69); // "Genu", "ntel", "ineI"
        return !isIntel ? null : Avx512F.IsSupported ? "SkylakeX" : Avx2.IsSupported && Fma.IsSupported ? "Haswell" : null;
    }

    // Environment.SetEnvironmentVariable does not reach C's getenv.
    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetEnvironment(string name, string value, int overwrite);
}
