using System.Runtime.InteropServices;
using Inception.Runtime;

namespace Inception;

/// <summary>
/// Keeps memory that tensors on the CPU have freed for the next ones, instead of giving it back to the system after each step and having
/// it cleared and mapped again, page by page, in the next. <see cref="Training.MultiHeadTrainer"/> and
/// <see cref="Evaluation.Evaluator"/> do so while they work; a program that predicts again and again does it for itself:
/// <c>using var kept = HostMemory.Keep();</c>.
/// </summary>
/// <remarks>
/// It sets limits of the GNU C library's allocator, for the whole process (<c>M_MMAP_MAX</c>, <c>M_MMAP_THRESHOLD</c>,
/// <c>M_TRIM_THRESHOLD</c> and <c>M_TOP_PAD</c> of mallopt(3)). Elsewhere than on Linux with that library, or where <c>MALLOC_TRIM_THRESHOLD_</c>,
/// <c>MALLOC_MMAP_THRESHOLD_</c>, <c>MALLOC_MMAP_MAX_</c>, <c>MALLOC_TOP_PAD_</c> or <c>GLIBC_TUNABLES</c> says what the user wants, it
/// does nothing. docs/troubleshooting.md says what it brings.
/// </remarks>
public static class HostMemory
{
    private const int TrimThreshold = -1;
    private const int TopPadding = -2;
    private const int MapThreshold = -3;
    private const int Mappings = -4;

    // What the allocator starts with, and the size of the regions that threads but the first allocate from: one of them that has become
    // empty is unmapped, whatever the other limits are, unless the padding is as large.
    private const int UsualPadding = 128 << 10;
    private const int UsualMappings = 65536;
    private const int ThreadRegion = 64 << 20;

    // Blocks above it are mapped by themselves afterwards: the most that the allocator accepts, and what its own rule arrives at.
    private const int LargestKept = 32 << 20;
    private static readonly Lock Gate = new();
    private static readonly bool IsSupported = NativeFiles.HasGnuLibrary && !IsConfigured();
    private static int leases;

    /// <summary>Keeps freed memory until the result is disposed; of several that overlap, until the last is. May be called by any thread.</summary>
    public static IDisposable Keep()
    {
        lock (Gate)
        {
            if (leases++ == 0 && IsSupported)
            {
                mallopt(Mappings, 0);
                mallopt(TrimThreshold, -1);
                mallopt(TopPadding, ThreadRegion);
            }
        }

        return new Lease();
    }

    private static void End()
    {
        lock (Gate)
        {
            if (--leases == 0 && IsSupported)
            {
                mallopt(Mappings, UsualMappings);
                mallopt(MapThreshold, LargestKept);
                mallopt(TrimThreshold, 2 * LargestKept);
                mallopt(TopPadding, UsualPadding);
                malloc_trim(0);
            }
        }
    }

    private static bool IsConfigured() =>
        new[] { "MALLOC_TRIM_THRESHOLD_", "MALLOC_MMAP_THRESHOLD_", "MALLOC_MMAP_MAX_", "MALLOC_TOP_PAD_", "GLIBC_TUNABLES" }
            .Any(name => !string.IsNullOrEmpty(Environment.GetEnvironmentVariable(name)));

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
