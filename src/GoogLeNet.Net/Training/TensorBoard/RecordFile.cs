using System.Buffers.Binary;
using System.Numerics;

namespace Inception.Training;

/// <summary>
/// A new TFRecord file: each record is its length (8 bytes, little endian), the length's masked checksum, the data and the data's. A record
/// is written by one call, so that a reader of the growing file, or of a killed process's, finds whole records.
/// </summary>
internal sealed class RecordFile : IDisposable
{
    private const int Frame = sizeof(ulong) + (2 * sizeof(uint));

    private readonly FileStream stream;

    private RecordFile(FileStream stream) => this.stream = stream;

    public string Path => stream.Name;

    /// <summary>Creates the file, and its folder where there is none. Where the name is taken, a number is put after it.</summary>
    /// <exception cref="IOException">The file cannot be created; the message says which.</exception>
    public static RecordFile Create(string folder, string name)
    {
        var path = System.IO.Path.Combine(folder, name);
        return Guard(path, () =>
        {
            Directory.CreateDirectory(folder);
            var free = path;
            for (var number = 1; File.Exists(free); number++)
            {
                free = FormattableString.Invariant($"{path}.{number}");
            }

            return Open(free, FileMode.CreateNew);
        });
    }

    /// <summary>Opens the file at <paramref name="path"/>.</summary>
    public static RecordFile Open(string path, FileMode mode) =>
        new(new FileStream(path, mode, FileAccess.Write, FileShare.Read | FileShare.Delete, bufferSize: 0));

    /// <summary>Appends a record.</summary>
    /// <exception cref="IOException">The file cannot be written to; the message says which.</exception>
    public void Append(ReadOnlySpan<byte> data)
    {
        var record = new byte[Frame + data.Length];
        BinaryPrimitives.WriteUInt64LittleEndian(record, (ulong)data.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(8), MaskedCrc32C.Compute(record.AsSpan(0, 8)));
        data.CopyTo(record.AsSpan(12));
        BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(12 + data.Length), MaskedCrc32C.Compute(data));
        Guard(Path, () =>
        {
            stream.Write(record);
            return true;
        });
    }

    /// <summary>Waits until everything is on the disk.</summary>
    /// <exception cref="IOException">The disk failed; the message says for which file.</exception>
    public void Flush() => Guard(Path, () =>
    {
        stream.Flush(flushToDisk: true);
        return true;
    });

    public void Dispose() => stream.Dispose();

    private static T Guard<T>(string path, Func<T> act)
    {
        try
        {
            return act();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"TensorBoard events cannot be written to '{path}': {e.Message}", e);
        }
    }
}

/// <summary>The checksum of TFRecord files: CRC-32C (RFC 3720, appendix B.4), rotated and shifted.</summary>
internal static class MaskedCrc32C
{
    /// <summary>The masked checksum.</summary>
    public static uint Compute(ReadOnlySpan<byte> data) => BitOperations.RotateRight(Plain(data), 15) + 0xA282EAD8;

    /// <summary>The checksum itself.</summary>
    public static uint Plain(ReadOnlySpan<byte> data)
    {
        var crc = uint.MaxValue;
        foreach (var value in data)
        {
            crc = BitOperations.Crc32C(crc, value);
        }

        return ~crc;
    }
}
