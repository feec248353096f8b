using Microsoft.Win32.SafeHandles;
using static System.Buffers.Binary.BinaryPrimitives;

namespace Inception.Runtime;

/// <summary>
/// What the beginning of a 64-bit ELF library says (System V ABI). Linux's loader maps a file that was cut off all the same, and the process ends with a bus error; one for
/// another processor it calls missing.
/// </summary>
internal static class ElfFile
{
    private const int HeaderSize = 64;
    private const int ProgramHeaderSize = 56;
    private const byte Is64Bit = 2;
    private const ushort X64 = 62;
    private const ushort Arm64 = 183;
    private const uint Loaded = 1;

    /// <summary>Why the library cannot be loaded on Linux on x64; null where nothing speaks against it, or the file cannot be read.</summary>
    public static TorchNotLoadedException? Problem(string path)
    {
        try
        {
            using var file = File.OpenHandle(path);
            Span<byte> header = stackalloc byte[HeaderSize];
            if (RandomAccess.Read(file, header, fileOffset: 0) < HeaderSize || !header.StartsWith("\u007fELF"u8))
            {
                return LoadFailure.Damaged(path);
            }

            var processor = ReadUInt16LittleEndian(header[18..]);
            return header[4] != Is64Bit || processor != X64 ? LoadFailure.OtherProcessor(path, processor == Arm64 ? nameof(Arm64) : null)
                : Length(file, header) > (ulong)RandomAccess.GetLength(file) ? LoadFailure.Damaged(path) : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    // Up to the end of the last part that is mapped.
    private static ulong Length(SafeFileHandle file, ReadOnlySpan<byte> header)
    {
        var (offset, count) = (ReadInt64LittleEndian(header[0x20..]), ReadUInt16LittleEndian(header[0x38..]));
        var table = new byte[count * ProgramHeaderSize];
        if (offset < 0 || RandomAccess.Read(file, table, offset) < table.Length)
        {
            return ulong.MaxValue;
        }

        var length = 0ul;
        foreach (var part in table.Chunk(ProgramHeaderSize).Where(part => ReadUInt32LittleEndian(part) == Loaded))
        {
            length = Math.Max(length, ReadUInt64LittleEndian(part.AsSpan(8)) + ReadUInt64LittleEndian(part.AsSpan(32)));
        }

        return length;
    }
}
