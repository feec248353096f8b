using System.Buffers.Binary;
using System.Formats.Tar;
using System.IO.Compression;

namespace Inception.Data;

/// <summary>
/// Reads chosen files of a tar archive, gzip-compressed or not, as streams. Entries' names are compared with the wanted names and never used as
/// paths; links, devices and whatever else was not asked for are skipped or refused.
/// </summary>
internal static class TarArchive
{
    /// <summary>The most bytes that an archive may unpack to, everything included: twice CIFAR-10's.</summary>
    public const long MostBytes = 3L << 27;

    /// <summary>Calls <paramref name="use"/> with name and content of each wanted file, in the archive's order, once each.</summary>
    /// <param name="path">The archive.</param>
    /// <param name="wanted">Full names in the archive, and the size allowed for each, at least 1.</param>
    /// <param name="use">Reads the content, which is exactly as long as its length says.</param>
    /// <param name="cancellationToken">Looked at before each entry.</param>
    /// <param name="mostBytes">Bytes after which unpacking stops.</param>
    /// <param name="below">A folder in the archive that the wanted files may lie in; their names are without it.</param>
    /// <exception cref="DatasetException">The archive is damaged, or a wanted file is absent, no regular file, or of another size.</exception>
    public static void Read(
        string path,
        IReadOnlyDictionary<string, SizeRange> wanted,
        Action<string, Stream> use,
        CancellationToken cancellationToken,
        long mostBytes = MostBytes,
        string below = ".")
    {
        var missing = wanted.Keys.ToHashSet(StringComparer.Ordinal);
        string? other = null;
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 1 << 17);
            using var tar = new TarReader(new TarGuard(Decompressed(file), mostBytes));
            while (missing.Count > 0 && tar.GetNextEntry() is { } entry)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var name = Below(Below(entry.Name, "."), below);
                if (!wanted.TryGetValue(name, out var size))
                {
                    other ??= entry.EntryType == TarEntryType.Directory ? null : name;
                    continue;
                }

                Check(entry, name, size, missing.Remove(name));
                use(name, entry.DataStream!);
            }
        }
        catch (Exception e) when (e is not (DatasetException or OperationCanceledException))
        {
            throw new DatasetException($"'{path}' cannot be unpacked: {Failure.Reason(e)}", e);
        }
        if (missing.Count > 0)
        {
            throw new DatasetException(
                $"'{path}' lacks {string.Join(", ", missing.Order(StringComparer.Ordinal))}{(missing.Count == wanted.Count && other is not null ? $"; it holds {Shown(other)}" : "")}.");
        }
    }

    private static Stream Decompressed(FileStream file)
    {
        Span<byte> magic = stackalloc byte[2];
        var isCompressed = file.ReadAtLeast(magic, magic.Length, throwOnEndOfStream: false) == magic.Length && magic is [0x1F, 0x8B];
        file.Position = 0;
        return isCompressed ? new GZipStream(file, CompressionMode.Decompress) : file;
    }

    private static string Below(string name, string folder) => name.StartsWith($"{folder}/", StringComparison.Ordinal) ? name[(folder.Length + 1)..] : name;

    // On one line, whatever an archive calls its files.
    private static string Shown(string name) => string.Concat(name.Take(60).Select(c => char.IsControl(c) ? '?' : c));

    private static void Check(TarEntry entry, string name, SizeRange size, bool first)
    {
        if (entry.EntryType is not (TarEntryType.RegularFile or TarEntryType.V7RegularFile))
        {
            throw new DatasetException($"{name} in the archive is not a regular file but {entry.EntryType}.");
        }

        if (entry.Length < size.Least || entry.Length > size.Most)
        {
            throw new DatasetException($"{name} in the archive has {entry.Length:N0} bytes; {size} expected.");
        }

        if (!first)
        {
            throw new DatasetException($"{name} is in the archive twice.");
        }
    }
}

/// <summary>Sizes in bytes that an archive's file may have.</summary>
internal readonly record struct SizeRange(long Least, long Most)
{
    public override string ToString() => Least == Most ? $"{Least:N0}" : $"{Least:N0} to {Most:N0}";
}

/// <summary>
/// Limits a tar stream before <c>TarReader</c> sees it: to a number of bytes in all, as a small archive may unpack without end, and to extended headers
/// of a plausible size, as <c>TarReader</c> allocates what they declare.
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

/// <summary>A stream that is read from its beginning to its end, and nothing else.</summary>
internal abstract class ForwardStream : Stream
{
    public sealed override bool CanRead => true;

    public sealed override bool CanSeek => false;

    public sealed override bool CanWrite => false;

    public sealed override long Length => throw new NotSupportedException();

    public sealed override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public abstract override int Read(Span<byte> buffer);

    public sealed override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public sealed override void Flush() { }

    public sealed override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public sealed override void SetLength(long value) => throw new NotSupportedException();

    public sealed override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
