using System.Buffers.Binary;
using System.IO.Compression;

namespace Inception.Data.Decoders;

/// <summary>
/// Reads an 8-bit RGB, non-interlaced PNG row by row from a forward-only stream, in memory proportional to one row. Anything else, and any
/// damage, is a <see cref="DatasetException"/> whose message completes the sentence "FILE cannot be read: …".
/// </summary>
internal sealed class PngReader : IDisposable
{
    /// <summary>Largest width and height accepted, in pixels.</summary>
    public const int MaxSide = 1 << 16;

    private const int PixelBytes = 3;
    private readonly PngChunks _chunks;
    private readonly ZLibStream _data;
    private byte[] _row;
    private byte[] _above;
    private int _rowsRead;

    public PngReader(Stream stream)
    {
        Span<byte> signature = stackalloc byte[8];
        if (stream.ReadAtLeast(signature, 8, throwOnEndOfStream: false) < 8 || !signature.SequenceEqual(Signature))
        {
            throw new DatasetException("it is not a PNG file.");
        }

        _chunks = new PngChunks(stream);
        (Width, Height) = ReadHeader();
        SkipTo("IDAT");
        _data = new ZLibStream(new PngDataStream(_chunks), CompressionMode.Decompress);
        (_row, _above) = (new byte[1 + Width * PixelBytes], new byte[1 + Width * PixelBytes]);
    }

    public int Width { get; }

    public int Height { get; }

    private static ReadOnlySpan<byte> Signature => [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A];

    /// <summary>Next row as <see cref="Width"/> RGB triples, valid until the next call. After the last row call <see cref="Finish"/>.</summary>
    public ReadOnlySpan<byte> ReadRow()
    {
        if (_rowsRead == Height)
        {
            throw new InvalidOperationException("All rows have been read.");
        }

        (_row, _above) = (_above, _row);
        if (Inflate(_row) < _row.Length)
        {
            throw new DatasetException($"its pixels end in row {_rowsRead} of {Height}.");
        }

        if (!PngFilter.TryUndo(_row[0], _row.AsSpan(1), _above.AsSpan(1)))
        {
            throw new DatasetException($"row {_rowsRead} has the unknown filter {_row[0]}.");
        }

        _rowsRead++;
        return _row.AsSpan(1);
    }

    /// <summary>Checks what follows the last row: the end of the pixel data with its checksum, and every remaining chunk.</summary>
    public void Finish()
    {
        if (Inflate(new byte[1]) > 0)
        {
            throw new DatasetException($"it holds more than its {Height} rows.");
        }

        SkipTo("IEND");
        _chunks.Finish();
    }

    public void Dispose() => _data.Dispose();

    private (int Width, int Height) ReadHeader()
    {
        _chunks.Next();
        Span<byte> header = stackalloc byte[13];
        if (_chunks.Type != "IHDR" || _chunks.Left != header.Length)
        {
            throw new DatasetException("its first chunk is not a PNG header.");
        }

        while (_chunks.Left > 0)
        {
            _chunks.Read(header[^_chunks.Left..]);
        }

        var (width, height) = (BinaryPrimitives.ReadUInt32BigEndian(header), BinaryPrimitives.ReadUInt32BigEndian(header[4..]));
        if (width is 0 or > MaxSide || height is 0 or > MaxSide)
        {
            throw new DatasetException($"its size {width}×{height} is outside 1 to {MaxSide} pixels.");
        }

        if (!header[8..].SequenceEqual((ReadOnlySpan<byte>)[8, 2, 0, 0, 0]))
        {
            throw new DatasetException("it is not an 8-bit RGB PNG without interlacing.");
        }

        return ((int)width, (int)height);
    }

    // Ancillary chunks (lower-case first letter), a suggested palette and IDAT that the decompressor did not need are passed over.
    private void SkipTo(string type)
    {
        if (_chunks.Type == "IHDR")
        {
            _chunks.Next();
        }

        for (; _chunks.Type != type; _chunks.Next())
        {
            if (char.IsAsciiLetterUpper(_chunks.Type[0]) && _chunks.Type is not "PLTE" && !(_chunks.Type == "IDAT" && _rowsRead == Height))
            {
                throw new DatasetException($"chunk {_chunks.Type} is not expected before {type}.");
            }
        }
    }

    private int Inflate(Span<byte> buffer)
    {
        try
        {
            return _data.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
        }
        catch (InvalidDataException e)
        {
            throw new DatasetException("its compressed pixels are damaged.", e);
        }
    }
}
