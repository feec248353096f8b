using System.Runtime.InteropServices;

namespace TorchSharp.Interop;

/// <summary>
/// libtorch's OpenMP threads and those of Debian's OpenBLAS spin for milliseconds after each piece of work, on the cores that the others want
/// next. Here both sleep soon, unless the environment says otherwise. Each library reads its variable when it is loaded.
/// </summary>
internal static partial class ThreadSettings
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
    }

    // Environment.SetEnvironmentVariable does not reach C's getenv.
    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetEnvironment(string name, string value, int overwrite);
}
