using static System.Buffers.Binary.BinaryPrimitives;
using Processor = System.Runtime.InteropServices.Architecture;

namespace Inception.Loading;

/// <summary>What the first bytes of a 64-bit ELF library say (System V ABI).</summary>
/// <param name="Machine">The processor that it is made for; null for one that .NET does not run on.</param>
/// <param name="IsCutShort">Whether the file ends before its table of sections, which is its end: mapped by the loader, such a file ends the process.</param>
internal readonly record struct ElfHeader(Processor? Machine, bool IsCutShort)
{
    private const int Size = 64;

    /// <summary>Null where the file is no such library, cannot be read, or is not there.</summary>
    public static ElfHeader? Read(string path)
    {
        try
        {
            using var file = File.OpenRead(path);
            Span<byte> header = stackalloc byte[Size];
            if (file.ReadAtLeast(header, Size, throwOnEndOfStream: false) < Size || !header.StartsWith("\x7f"u8) || !header[1..].StartsWith("ELF\x02\x01"u8))
            {
                return null;
            }

            var end = ReadUInt64LittleEndian(header[0x28..]) + ((ulong)ReadUInt16LittleEndian(header[0x3a..]) * ReadUInt16LittleEndian(header[0x3c..]));
            return new ElfHeader(ProcessorOf(ReadUInt16LittleEndian(header[0x12..])), end > (ulong)file.Length);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static Processor? ProcessorOf(ushort machine) => machine switch
    {
        0x3e => Processor.X64,
        0xb7 => Processor.Arm64,
        0x16 => Processor.S390x,
        0x15 => Processor.Ppc64le,
        0xf3 => Processor.RiscV64,
        _ => null,
    };
}
