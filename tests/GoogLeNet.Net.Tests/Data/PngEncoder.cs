using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace Inception.Tests.Data;

/// <summary>An independent PNG writer, straight from the specification's definitions, with knobs to write what a reader must refuse.</summary>
internal sealed record PngEncoder
{
    private static readonly byte[] Signature = [137, 80, 78, 71, 13, 10, 26, 10];

    /// <summary>Filter of every row; -1 takes row number modulo 5.</summary>
    public int Filter { get; init; } = -1;

    public byte BitDepth { get; init; } = 8;

    public byte ColourType { get; init; } = 2;

    public byte Interlace { get; init; }

    public int IdatBytes { get; init; } = 1000;

    public byte[] Encode(int width, int height, Func<int, int, int, byte> pixel)
    {
        var raw = new MemoryStream();
        for (var y = 0; y < height; y++)
        {
            var filter = Filter < 0 ? y % 5 : Filter;
            raw.WriteByte((byte)filter);
            for (var x = 0; x < width; x++)
            {
                for (var c = 0; c < 3; c++)
                {
                    int left = x > 0 ? pixel(x - 1, y, c) : 0;
                    int up = y > 0 ? pixel(x, y - 1, c) : 0;
                    int corner = x > 0 && y > 0 ? pixel(x - 1, y - 1, c) : 0;
                    raw.WriteByte((byte)(pixel(x, y, c) - Prediction(filter, left, up, corner)));
                }
            }
        }
        return Assemble(width, height, Compress(raw.ToArray()));
    }

    /// <summary>A file with this compressed data, whatever it is.</summary>
    public byte[] Assemble(int width, int height, byte[] compressed)
    {
        var header = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, width);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), height);
        (header[8], header[9], header[12]) = (BitDepth, ColourType, Interlace);
        return [.. Signature, .. Chunk("IHDR", header), .. Chunk("tEXt", "Comment\0x"u8.ToArray()),
            .. compressed.Chunk(IdatBytes).SelectMany(part => Chunk("IDAT", part)), .. Chunk("IEND", [])];
    }

    public static byte[] Compress(byte[] raw)
    {
        var bytes = new MemoryStream();
        using (var zlib = new ZLibStream(bytes, CompressionLevel.Fastest))
        {
            zlib.Write(raw);
        }

        return bytes.ToArray();
    }

    public static byte[] Chunk(string type, byte[] data)
    {
        byte[] body = [.. Encoding.ASCII.GetBytes(type), .. data];
        var ends = new byte[8];
        BinaryPrimitives.WriteInt32BigEndian(ends, data.Length);
        BinaryPrimitives.WriteUInt32BigEndian(ends.AsSpan(4), Crc(body));
        return [.. ends[..4], .. body, .. ends[4..]];
    }

    /// <summary>The same chunks, each with the checksum that its data have; what does not look like chunks stays as it is.</summary>
    public static byte[] WithRightChecksums(byte[] png)
    {
        var repaired = (byte[])png.Clone();
        for (var at = 8L; at + 12 <= repaired.Length;)
        {
            long length = BinaryPrimitives.ReadUInt32BigEndian(repaired.AsSpan((int)at));
            var end = at + 8 + length;
            if (end + 4 > repaired.Length)
            {
                break;
            }

            BinaryPrimitives.WriteUInt32BigEndian(repaired.AsSpan((int)end), Crc(repaired[(int)(at + 4)..(int)end]));
            at = end + 4;
        }

        return repaired;
    }

    private static int Prediction(int filter, int a, int b, int c)
    {
        if (filter < 4)
        {
            return filter switch { 1 => a, 2 => b, 3 => (a + b) / 2, _ => 0 };
        }

        var p = a + b - c;
        return new[] { a, b, c }.MinBy(v => Math.Abs(p - v)); // MinBy keeps the first of equals, the order that Paeth asks for
    }

    private static uint Crc(byte[] data)
    {
        var crc = uint.MaxValue;
        foreach (var b in data)
        {
            for (var bit = 0; bit < 8; bit++)
            {
                crc = ((crc ^ (uint)(b >> bit)) & 1) != 0 ? (crc >> 1) ^ 0xEDB88320 : crc >> 1;
            }
        }
        return ~crc;
    }
}
