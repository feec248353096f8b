using System.Buffers.Binary;
using System.Numerics;

namespace Inception.Data;

/// <summary>The headers of a Windows bitmap, as they are written; numbers are widened so that sums and products of them cannot overflow.</summary>
/// <param name="PixelOffset">Where in the file the pixels begin.</param>
/// <param name="Bytes">Length of the second header.</param>
/// <param name="Width">In pixels.</param>
/// <param name="Height">In pixels.</param>
/// <param name="TopDown">Whether the first row of the file is the top one.</param>
/// <param name="Bits">Bits a pixel.</param>
/// <param name="Compression">0 for none, 3 for bit masks.</param>
/// <param name="Colours">Colours of the palette; 0 for as many as the bits can name.</param>
internal readonly record struct BmpHeader(
    long PixelOffset, long Bytes, long Width, long Height, bool TopDown, int Bits, uint Compression, long Colours)
{
    private const int InfoHeaderBytes = 40;
    private const int MasksAt = 54;

    /// <exception cref="DatasetException">It is no such header; the message completes "FILE cannot be read: …".</exception>
    public static BmpHeader Parse(ReadOnlySpan<byte> file)
    {
        if (file.Length < MasksAt)
        {
            throw new DatasetException("it ends in its header.");
        }

        var bytes = BinaryPrimitives.ReadUInt32LittleEndian(file[14..]);
        if (bytes is not (InfoHeaderBytes or 52 or 56 or 108 or 124))
        {
            throw new DatasetException($"its header of {bytes} bytes is not one of a Windows bitmap.");
        }

        long height = BinaryPrimitives.ReadInt32LittleEndian(file[22..]);
        return new BmpHeader(
            BinaryPrimitives.ReadUInt32LittleEndian(file[10..]),
            bytes,
            BinaryPrimitives.ReadInt32LittleEndian(file[18..]),
            Math.Abs(height),
            height < 0,
            BinaryPrimitives.ReadUInt16LittleEndian(file[28..]),
            BinaryPrimitives.ReadUInt32LittleEndian(file[30..]),
            BinaryPrimitives.ReadUInt32LittleEndian(file[46..]));
    }

    /// <summary>Which byte of a 32-bit pixel is red, green and blue: blue first unless masks say otherwise.</summary>
    /// <exception cref="DatasetException">A mask is not one whole byte.</exception>
    public static (int R, int G, int B) ByteMasks(ReadOnlySpan<byte> file, in BmpHeader header)
    {
        if (header.Compression == 0)
        {
            return (2, 1, 0);
        }

        if (header.PixelOffset < MasksAt + 12)
        {
            throw new DatasetException("its bit masks do not fit.");
        }

        return (ByteOf(file[MasksAt..]), ByteOf(file[(MasksAt + 4)..]), ByteOf(file[(MasksAt + 8)..]));
    }

    private static int ByteOf(ReadOnlySpan<byte> mask)
    {
        var value = BinaryPrimitives.ReadUInt32LittleEndian(mask);
        var shift = BitOperations.TrailingZeroCount(value);
        return value != 0 && shift % 8 == 0 && value >> shift == 0xFF
            ? shift / 8
            : throw new DatasetException($"its bit mask {value:X8} is not supported; save it as a 24-bit bitmap or as PNG.");
    }
}
