using System.Runtime.InteropServices;

namespace Inception.Kernels;

/// <summary>
/// Native memory that grows to what is asked of it and is used again. On Linux whole 2 MB of it are one page where the system allows that: touching it for the first time then
/// costs one page fault instead of 512.
/// </summary>
internal sealed unsafe partial class NativeBuffer : IDisposable
{
    private const int CacheLine = 64;
    private const nuint HugePage = 2 << 20;

    private void* start;
    private long length;

    /// <summary>Replaces the system's memory, in a test with pages around it that may not be touched; every call of <see cref="Take"/> then gets memory of its own.</summary>
    public static (Func<nuint, nint> Allocate, Action<nint> Free)? Source { get; set; }

    /// <summary>Frees the memory.</summary>
    ~NativeBuffer() => Free();

    /// <summary>Copies numbers from native memory.</summary>
    /// <param name="address">Address of the first one.</param>
    /// <param name="target">Receives as many as it holds.</param>
    public static void Read(nint address, Span<float> target) => new ReadOnlySpan<float>((void*)address, target.Length).CopyTo(target);

    /// <summary>Calls a function with the address of numbers, which stay where they are meanwhile.</summary>
    public static TResult WithAddress<TResult>(ReadOnlySpan<float> numbers, Func<nint, TResult> function)
    {
        fixed (float* first = numbers)
        {
            return function((nint)first);
        }
    }

    /// <summary>The address of so many numbers, which are not cleared; valid until the next call.</summary>
    public nint Take(long count)
    {
        if (count > length || Source is not null)
        {
            Free();
            var bytes = checked((nuint)count * sizeof(float));
            start = Source is { } source ? (void*)source.Allocate(bytes) : Allocate(bytes);
            length = count;
        }

        return (nint)start;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private static void* Allocate(nuint bytes)
    {
        if (bytes < HugePage || !OperatingSystem.IsLinux())
        {
            return NativeMemory.AlignedAlloc(bytes, CacheLine);
        }

        var memory = NativeMemory.AlignedAlloc(bytes, HugePage);
        const int UseHugePages = 14; // MADV_HUGEPAGE
        try
        {
            _ = Advise(memory, bytes / HugePage * HugePage, UseHugePages);
        }
        catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException)
        {
            // A Linux whose C library goes by another name has small pages.
        }

        return memory;
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Advise(void* start, nuint length, int advice);

    private void Free()
    {
        if (Source is { } source)
        {
            source.Free((nint)start);
        }
        else
        {
            NativeMemory.AlignedFree(start);
        }

        start = null;
        length = 0;
    }
}
