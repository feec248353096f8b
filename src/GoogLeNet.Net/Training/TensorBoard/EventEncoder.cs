using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Inception.Training;

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
