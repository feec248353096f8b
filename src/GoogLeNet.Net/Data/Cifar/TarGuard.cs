using System.Buffers.Binary;

namespace Inception.Data;

/// <summary>
/// Passes a tar stream on, up to a number of bytes, and refuses extended headers of a size that no real one has: <c>TarReader</c> allocates
/// what they declare, and what a small archive unpacks to may be without end.
/// </summary>
internal sealed class TarGuard(Stream inner, long mostBytes) : ForwardStream
{
    private const int BlockBytes = 512;
    private const long MostExtendedHeaderBytes = 1 << 16;
    private readonly byte[] header = new byte[BlockBytes];
    private int headerBytes;
    private int headerRead;
    private long contentLeft;
    private long passed;

    public override int Read(Span<byte> buffer)
    {
        if (headerRead == headerBytes && contentLeft == 0)
        {
            NextHeader();
        }

        var read = Math.Min(buffer.Length, headerBytes - headerRead);
        if (read > 0)
        {
            header.AsSpan(headerRead, read).CopyTo(buffer);
            headerRead += read;
        }
        else
        {
            read = inner.Read(buffer[..(int)Math.Min(buffer.Length, contentLeft)]);
            contentLeft -= read;
        }

        passed += read;
        return passed <= mostBytes ? read : throw new DatasetException($"it unpacks to more than {mostBytes:N0} bytes.");
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            inner.Dispose();
        }

        base.Dispose(disposing);
    }

    private void NextHeader()
    {
        headerRead = 0;
        headerBytes = inner.ReadAtLeast(header, BlockBytes, throwOnEndOfStream: false);
        var size = headerBytes == BlockBytes ? Size(header.AsSpan(124, 12)) : 0;
        if ((char)header[156] is 'x' or 'g' or 'L' or 'K' && size > MostExtendedHeaderBytes)
        {
            throw new DatasetException($"the archive has an extended header of {size:N0} bytes; at most {MostExtendedHeaderBytes:N0} expected.");
        }

        contentLeft = (Math.Min(size, long.MaxValue - BlockBytes) + BlockBytes - 1) / BlockBytes * BlockBytes;
    }

    // Octal digits, or GNU's base 256 where the highest bit is set.
    private static long Size(ReadOnlySpan<byte> field)
    {
        if ((field[0] & 0x80) != 0)
        {
            return Math.Max(0, BinaryPrimitives.ReadInt64BigEndian(field[4..]));
        }

        var size = 0L;
        foreach (var digit in field.Trim(" \0"u8))
        {
            size = 8 * size + (digit & 7);
        }

        return size;
    }
}
