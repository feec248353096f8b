using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Inception.Data;

/// <summary>Reads PNG chunks one after the other and checks the CRC of each; never holds more than the caller's buffer.</summary>
internal sealed class PngChunks(Stream stream)
{
    private readonly byte[] skip = new byte[4096];
    private uint crc;

    public string Type { get; private set; } = "";

    /// <summary>Bytes of the current chunk's data that are not read yet.</summary>
    public int Left { get; private set; }

    /// <summary>Checks the rest of the current chunk and opens the next one.</summary>
    public void Next()
    {
        if (Type.Length > 0)
        {
            Finish();
        }

        Span<byte> head = stackalloc byte[8];
        Fill(head);
        var length = BinaryPrimitives.ReadUInt32BigEndian(head);
        var type = head[4..];
        if (length > int.MaxValue || type.ContainsAnyExcept(Letters))
        {
            throw new DatasetException("not a PNG chunk: its length or its name is impossible.");
        }

        (Type, Left, crc) = (Encoding.ASCII.GetString(type), (int)length, Crc32.Append(0, type));
    }

    public int Read(Span<byte> buffer)
    {
        var read = stream.Read(buffer[..Math.Min(buffer.Length, Left)]);
        if (read == 0 && Left > 0 && buffer.Length > 0)
        {
            throw new DatasetException($"it ends in the middle of chunk {Type}.");
        }

        crc = Crc32.Append(crc, buffer[..read]);
        Left -= read;
        return read;
    }

    /// <summary>The rest of the current chunk's data, which the caller knows to be small.</summary>
    public byte[] ReadAll()
    {
        var all = new byte[Left];
        while (Left > 0)
        {
            Read(all.AsSpan(^Left..));
        }

        return all;
    }

    /// <summary>Passes over the rest of the current chunk and checks its CRC; after that there is no current chunk.</summary>
    public void Finish()
    {
        while (Left > 0)
        {
            Read(skip);
        }

        Span<byte> written = stackalloc byte[4];
        Fill(written);
        if (BinaryPrimitives.ReadUInt32BigEndian(written) != crc)
        {
            throw new DatasetException($"the checksum of chunk {Type} is wrong.");
        }

        Type = "";
    }

    private static readonly SearchValues<byte> Letters = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"u8);

    private void Fill(Span<byte> buffer)
    {
        if (stream.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false) < buffer.Length)
        {
            throw new DatasetException("it ends in the middle of a chunk.");
        }
    }
}
