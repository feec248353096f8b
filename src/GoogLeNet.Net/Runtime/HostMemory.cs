using System.Runtime.InteropServices;
using Inception.Runtime;

namespace Inception;

/// <summary>
/// Keeps memory that tensors on the CPU have freed for the next ones, instead of giving it back to the system after each step and having it cleared and mapped again. The
/// trainer and the evaluator do so while they work; a program that predicts again and again may do it for itself: <c>using var kept = HostMemory.Keep();</c>.
/// </summary>
/// <remarks>
/// It sets limits of the GNU C library's allocator for the whole process (<c>M_MMAP_MAX</c>, <c>M_MMAP_THRESHOLD</c>, <c>M_TRIM_THRESHOLD</c>, <c>M_TOP_PAD</c> of mallopt(3)), and
/// that library's defaults afterwards, for it does not tell what they were. It does nothing elsewhere than on Linux with that library; where <c>MALLOC_TRIM_THRESHOLD_</c>,
/// <c>MALLOC_MMAP_THRESHOLD_</c>, <c>MALLOC_MMAP_MAX_</c>, <c>MALLOC_TOP_PAD_</c> or <c>GLIBC_TUNABLES</c> says what the user wants; and where the program has called
/// <c>AppContext.SetSwitch(HostMemory.Switch, false)</c>. docs/troubleshooting.md says what it brings.
/// </remarks>
public static class HostMemory
{
    /// <summary>The <see cref="AppContext"/> switch that, set to false, keeps the library from changing the process's allocator.</summary>
    public const string Switch = "GoogLeNet.Net.KeepFreedMemory";

    private const int TrimThreshold = -1;
    private const int TopPadding = -2;
    private const int MapThreshold = -3;
    private const int Mappings = -4;

    // What the allocator starts with, and the size of the regions that threads but the first allocate from: one of them that has become
    // empty is unmapped, whatever the other limits are, unless the padding is as large.
    private const int DefaultPadding = 128 << 10;
    private const int DefaultMappings = 65536;
    private const int ThreadRegion = 64 << 20;

    // Blocks above it are mapped by themselves afterwards: the most that the allocator accepts, and what its own rule arrives at.
    private const int LargestKept = 32 << 20;
    private static readonly Lock Gate = new();
    private static readonly string[] Variables = ["MALLOC_TRIM_THRESHOLD_", "MALLOC_MMAP_THRESHOLD_", "MALLOC_MMAP_MAX_", "MALLOC_TOP_PAD_", "GLIBC_TUNABLES"];
    private static readonly bool IsSupported = NativeFiles.HasGnuLibrary && Array.TrueForAll(Variables, name => string.IsNullOrEmpty(Environment.GetEnvironmentVariable(name)));
    private static int leases;
    private static bool isKept;

    private static bool IsWanted => !AppContext.TryGetSwitch(Switch, out var isWanted) || isWanted;

    /// <summary>Keeps freed memory until the result is disposed; of several that overlap, until the last is. May be called by any thread.</summary>
    public static IDisposable Keep()
    {
        lock (Gate)
        {
            if (leases++ == 0 && IsSupported && IsWanted)
            {
                isKept = true;
                _ = mallopt(Mappings, 0);
                _ = mallopt(TrimThreshold, -1);
                _ = mallopt(TopPadding, ThreadRegion);
            }
        }

        return new Lease();
    }

    private static void End()
    {
        lock (Gate)
        {
            if (--leases == 0 && isKept)
            {
                isKept = false;
                _ = mallopt(Mappings, DefaultMappings);
                _ = mallopt(MapThreshold, LargestKept);
                _ = mallopt(TrimThreshold, 2 * LargestKept);
                _ = mallopt(TopPadding, DefaultPadding);
                _ = malloc_trim(0);
            }
        }
    }

    [DllImport(NativeFiles.GnuLibrary)]
    private static extern int mallopt(int parameter, int value);

    [DllImport(NativeFiles.GnuLibrary)]
    private static extern int malloc_trim(nuint padding);

    private sealed class Lease : IDisposable
    {
        private int ended;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref ended, 1) == 0)
            {
                End();
            }
        }
    }
}
