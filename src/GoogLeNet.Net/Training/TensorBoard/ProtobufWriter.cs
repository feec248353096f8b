using System.Buffers.Binary;
using System.Text;

namespace Inception.Training;

/// <summary>Writes the few kinds of protobuf field that events have.</summary>
internal sealed class ProtobufWriter
{
    private const int Varint = 0;
    private const int Fixed64 = 1;
    private const int LengthDelimited = 2;
    private const int Fixed32 = 5;

    private readonly MemoryStream bytes = new();

    public ReadOnlySpan<byte> Written => bytes.GetBuffer().AsSpan(0, (int)bytes.Length);

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
            bytes.WriteByte((byte)(value | 0x80));
        }

        bytes.WriteByte((byte)value);
    }
}
