using System.Buffers;
using System.Buffers.Binary;
using System.Numerics;
using System.Text;

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

/// <summary>TensorFlow's <c>Event</c> messages (tensorflow/core/util/event.proto and framework/summary.proto) with the fields that scalars need.</summary>
internal static class EventEncoder
{
    /// <summary>The event that every file begins with.</summary>
    public static ReadOnlySpan<byte> Version(DateTimeOffset time)
    {
        var message = Begin(time);
        message.Add(field: 3, "brain.Event:2"); // Event.file_version
        return message.Written;
    }

    /// <summary>The scalars of one step, kept as float32.</summary>
    public static ReadOnlySpan<byte> Scalars(DateTimeOffset time, long step, IEnumerable<(string Tag, double Value)> scalars)
    {
        var summary = new ProtobufWriter();
        foreach (var (tag, number) in scalars)
        {
            var value = new ProtobufWriter();
            value.Add(field: 1, tag); // Summary.Value.tag
            value.Add(field: 2, (float)number); // Summary.Value.simple_value
            summary.Add(field: 1, value.Written); // Summary.value
        }

        var message = Begin(time);
        message.Add(field: 2, step); // Event.step
        message.Add(field: 5, summary.Written); // Event.summary
        return message.Written;
    }

    private static ProtobufWriter Begin(DateTimeOffset time)
    {
        var message = new ProtobufWriter();
        message.Add(field: 1, time.ToUnixTimeMilliseconds() / 1000.0); // Event.wall_time
        return message;
    }
}

/// <summary>Writes the kinds of protobuf fields that events have.</summary>
internal sealed class ProtobufWriter
{
    private const int Varint = 0;
    private const int Fixed64 = 1;
    private const int LengthDelimited = 2;
    private const int Fixed32 = 5;

    private readonly ArrayBufferWriter<byte> bytes = new();

    public ReadOnlySpan<byte> Written => bytes.WrittenSpan;

    public void Add(int field, long value)
    {
        AddVarint(((uint)field << 3) | Varint);
        AddVarint((ulong)value);
    }

    public void Add(int field, double value)
    {
        AddVarint(((uint)field << 3) | Fixed64);
        Span<byte> buffer = stackalloc byte[sizeof(double)];
        BinaryPrimitives.WriteDoubleLittleEndian(buffer, value);
        bytes.Write(buffer);
    }

    public void Add(int field, float value)
    {
        AddVarint(((uint)field << 3) | Fixed32);
        Span<byte> buffer = stackalloc byte[sizeof(float)];
        BinaryPrimitives.WriteSingleLittleEndian(buffer, value);
        bytes.Write(buffer);
    }

    public void Add(int field, string value) => Add(field, Encoding.UTF8.GetBytes(value));

    public void Add(int field, ReadOnlySpan<byte> value)
    {
        AddVarint(((uint)field << 3) | LengthDelimited);
        AddVarint((ulong)value.Length);
        bytes.Write(value);
    }

    private void AddVarint(ulong value)
    {
        for (; value >= 0x80; value >>= 7)
        {
            bytes.Write([(byte)(value | 0x80)]);
        }

        bytes.Write([(byte)value]);
    }
}
