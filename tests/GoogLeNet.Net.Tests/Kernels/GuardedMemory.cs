using System.Runtime.InteropServices;

namespace Inception.Tests.Kernels;

/// <summary>Memory from Linux with a page before and a page behind it that may not be touched.</summary>
internal static unsafe partial class GuardedMemory
{
    /// <summary>The memory's last byte lies before the page behind.</summary>
    public const string AtEnd = "end";

    /// <summary>The memory's first byte lies behind the page before.</summary>
    public const string AtStart = "start";

    private const int ReadWrite = 3;
    private const int PrivateAnonymous = 0x22;

    // First page and length of each piece.
    private static readonly Dictionary<nint, (nint Start, nuint Length)> Pieces = [];
    private static readonly Lock Gate = new();

    /// <summary>Which of the two.</summary>
    public static string Edge { get; set; } = AtEnd;

    /// <summary>Memory of so many bytes, filled with zeros.</summary>
    public static nint Allocate(nuint bytes)
    {
        var page = (nuint)Environment.SystemPageSize;
        var inner = Math.Max(page, (bytes + page - 1) / page * page);
        var length = inner + (2 * page);
        var start = Map(0, length, 0, PrivateAnonymous, -1, 0);
        if (start == -1 || Protect(start + (nint)page, inner, ReadWrite) != 0)
        {
            throw new InvalidOperationException($"{length} bytes cannot be had: {Marshal.GetLastPInvokeErrorMessage()}");
        }

        var first = start + (nint)page + (Edge == AtEnd ? (nint)(inner - bytes) : 0);
        lock (Gate)
        {
            Pieces[first] = (start, length);
        }

        return first;
    }

    /// <summary>Memory with numbers between −1 and 1 of float32.</summary>
    public static nint Of(int count)
    {
        var memory = (float*)Allocate((nuint)count * sizeof(float));
        for (var i = 0; i < count; i++)
        {
            memory[i] = MathF.Sin(i * 1.7f);
        }

        return (nint)memory;
    }

    /// <summary>The same numbers in bfloat16.</summary>
    public static nint OfHalves(int count)
    {
        var memory = (ushort*)Allocate((nuint)count * sizeof(ushort));
        for (var i = 0; i < count; i++)
        {
            memory[i] = (ushort)(BitConverter.SingleToUInt32Bits(MathF.Sin(i * 1.7f)) >> 16);
        }

        return (nint)memory;
    }

    /// <summary>Gives memory back; 0 is none.</summary>
    public static void Free(nint memory)
    {
        if (memory == 0)
        {
            return;
        }

        (nint Start, nuint Length) piece;
        lock (Gate)
        {
            Pieces.Remove(memory, out piece);
        }

        _ = Unmap(piece.Start, piece.Length);
    }

    [LibraryImport("libc", EntryPoint = "mmap", SetLastError = true)]
    private static partial nint Map(nint address, nuint length, int protection, int flags, int file, nint offset);

    [LibraryImport("libc", EntryPoint = "mprotect", SetLastError = true)]
    private static partial int Protect(nint address, nuint length, int protection);

    [LibraryImport("libc", EntryPoint = "munmap")]
    private static partial int Unmap(nint address, nuint length);
}
