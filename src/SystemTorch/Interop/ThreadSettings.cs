using System.Runtime.InteropServices;

namespace TorchSharp.Interop;

/// <summary>
/// libtorch's OpenMP threads and those of Debian's OpenBLAS spin for milliseconds after each piece of work, on the cores that the others want
/// next. Here both sleep soon, unless the environment says otherwise.
/// </summary>
internal static partial class ThreadSettings
{
    /// <summary>What is set where the environment has none of the names; each library reads its own when it is loaded.</summary>
    internal static readonly (string Name, string Value, string[] Unless)[] Defaults =
    [
        ("GOMP_SPINCOUNT", "2000", ["GOMP_SPINCOUNT", "OMP_WAIT_POLICY"]),          // some microseconds: from one operator to the next
        ("OPENBLAS_THREAD_TIMEOUT", "4", ["OPENBLAS_THREAD_TIMEOUT"]),              // 2⁴ cycles, the least
    ];

    /// <summary>To be called before libtorch is loaded.</summary>
    public static void Apply()
    {
        foreach (var (name, value, unless) in Defaults)
        {
            if (OperatingSystem.IsLinux() && unless.All(variable => Environment.GetEnvironmentVariable(variable) is null))
            {
                _ = SetEnvironment(name, value, overwrite: 0);
            }
        }
    }

    // Environment.SetEnvironmentVariable does not reach C's getenv.
    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetEnvironment(string name, string value, int overwrite);
}
