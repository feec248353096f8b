using System.IO.Compression;

namespace Inception.Data;

/// <summary>
/// Reads a PNG row by row from a forward-only stream, in memory proportional to one row. Damage is a <see cref="DatasetException"/> whose
/// message completes the sentence "FILE cannot be read: …".
/// </summary>
internal sealed class PngReader : IDisposable
{
    private readonly PngChunks chunks;
    private readonly ZLibStream data;
    private readonly byte[] palette = [];
    private readonly byte[] rgb;
    private byte[] row;
    private byte[] above;
    private int rowBytes;
    private int passWidth;
    private int rowsRead;
    private bool complete;

    public PngReader(Stream stream)
    {
        Span<byte> signature = stackalloc byte[8];
        if (stream.ReadAtLeast(signature, 8, throwOnEndOfStream: false) < 8 || !signature.SequenceEqual(Signature))
        {
            throw new DatasetException("it is not a PNG file.");
        }

        chunks = new PngChunks(stream);
        Header = ReadHeader();
        chunks.Next();
        SkipTo("IDAT", ref palette);
        if (Header.Colour == PngColour.Palette && palette.Length == 0)
        {
            throw new DatasetException("it has no palette.");
        }

        data = new ZLibStream(new PngDataStream(chunks), CompressionMode.Decompress);
        var most = 1 + Header.RowBytes(Header.Width);
        (row, above, rgb) = (new byte[most], new byte[most], new byte[3 * Header.Width]);
        BeginPass(Header.Width);
    }

    public PngHeader Header { get; }

    private static ReadOnlySpan<byte> Signature => [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A];

    /// <summary>Lets the following rows have that width, with zeros above the first of them: one pass of an interlaced picture.</summary>
    public void BeginPass(int width)
    {
        (passWidth, rowBytes) = (width, 1 + Header.RowBytes(width));
        row.AsSpan().Clear();
    }

    /// <summary>
    /// Next row as RGB triples, valid until the next call: of the whole picture, or where it is interlaced of the pass that was begun. After
    /// the last row call <see cref="Finish"/>.
    /// </summary>
    public ReadOnlySpan<byte> ReadRow()
    {
        (row, above) = (above, row);
        if (Inflate(row.AsSpan(0, rowBytes)) < rowBytes)
        {
            throw new DatasetException($"its pixels end in row {rowsRead}{(Header.Interlaced ? " of its interlaced rows" : $" of {Header.Height}")}.");
        }

        var samples = row.AsSpan(1, rowBytes - 1);
        if (!PngFilter.TryUndo(row[0], Header.FilterDistance, samples, above.AsSpan(1, rowBytes - 1)))
        {
            throw new DatasetException($"row {rowsRead} has the unknown filter {row[0]}.");
        }

        rowsRead++;
        if (Header is { Colour: PngColour.Rgb, BitDepth: 8 })
        {
            return samples;
        }

        PngPixels.ToRgb(Header, palette, samples, rgb.AsSpan(0, 3 * passWidth));
        return rgb.AsSpan(0, 3 * passWidth);
    }

    /// <summary>Checks what follows the last row: the end of the pixel data with its checksum, and every remaining chunk.</summary>
    public void Finish()
    {
        if (Inflate(new byte[1]) > 0)
        {
            throw new DatasetException($"it holds more than its {rowsRead} rows.");
        }

        complete = true;
        byte[] second = palette;
        SkipTo("IEND", ref second);
        chunks.Finish();
    }

    public void Dispose() => data.Dispose();

    private PngHeader ReadHeader()
    {
        chunks.Next();
        if (chunks.Type != "IHDR" || chunks.Left != PngHeader.Bytes)
        {
            throw new DatasetException("its first chunk is not a PNG header.");
        }

        var header = chunks.ReadAll();
        chunks.Finish();
        return PngHeader.Parse(header);
    }

    // Ancillary chunks (lower-case first letter), a suggested palette and IDAT that the decompressor did not need are passed over.
    private void SkipTo(string type, ref byte[] colours)
    {
        for (; chunks.Type != type; chunks.Next())
        {
            if (chunks.Type == "PLTE" && Header.Colour == PngColour.Palette && colours.Length == 0)
            {
                colours = ReadPalette();
            }
            else if (char.IsAsciiLetterUpper(chunks.Type[0]) && !IsSuggestedPalette && !(chunks.Type == "IDAT" && complete))
            {
                throw new DatasetException($"chunk {chunks.Type} is not expected before {type}.");
            }
        }
    }

    private bool IsSuggestedPalette => chunks.Type == "PLTE" && Header.Colour != PngColour.Palette;

    private byte[] ReadPalette()
    {
        if (chunks.Left is 0 or > 3 * 256 || chunks.Left % 3 != 0)
        {
            throw new DatasetException($"its palette has {chunks.Left} bytes; 1 to 256 RGB triples expected.");
        }

        return chunks.ReadAll();
    }

    private int Inflate(Span<byte> buffer)
    {
        try
        {
            return data.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
        }
        catch (Exception e) when (e is InvalidDataException or IOException and not DatasetException) // a preset dictionary is the latter
        {
            throw new DatasetException("its compressed pixels are damaged.", e);
        }
    }
}
