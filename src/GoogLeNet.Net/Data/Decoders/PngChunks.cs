using System.Buffers.Binary;
using System.Text;

namespace Inception.Data.Decoders;

/// <summary>Reads PNG chunks one after the other and checks the CRC of each; never holds more than the caller's buffer.</summary>
internal sealed class PngChunks(Stream stream)
{
    private readonly byte[] _skip = new byte[4096];
    private uint _crc;

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

        (Type, Left, _crc) = (Encoding.ASCII.GetString(type), (int)length, Crc32.Append(0, type));
    }

    public int Read(Span<byte> buffer)
    {
        var read = stream.Read(buffer[..Math.Min(buffer.Length, Left)]);
        if (read == 0 && Left > 0 && buffer.Length > 0)
        {
            throw new DatasetException($"it ends in the middle of chunk {Type}.");
        }

        _crc = Crc32.Append(_crc, buffer[..read]);
        Left -= read;
        return read;
    }

    public void Finish()
    {
        while (Left > 0)
        {
            Read(_skip);
        }

        Span<byte> crc = stackalloc byte[4];
        Fill(crc);
        if (BinaryPrimitives.ReadUInt32BigEndian(crc) != _crc)
        {
            throw new DatasetException($"the checksum of chunk {Type} is wrong.");
        }

        Type = "";
    }

    private static ReadOnlySpan<byte> Letters => "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"u8;

    private void Fill(Span<byte> buffer)
    {
        if (stream.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false) < buffer.Length)
        {
            throw new DatasetException("it ends in the middle of a chunk.");
        }
    }
}
