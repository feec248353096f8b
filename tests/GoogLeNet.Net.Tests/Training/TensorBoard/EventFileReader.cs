using System.Buffers.Binary;
using System.Text;

namespace Inception.Tests.Training.TensorBoard;

/// <summary>An event as read back.</summary>
internal sealed record ReadEvent(double WallTime, long Step, string? Version, IReadOnlyDictionary<string, float> Scalars);

/// <summary>Reads event files by their definition, sharing nothing with the library; a record cut off at the end is left out, as TensorBoard does.</summary>
internal static class EventFileReader
{
    public static List<ReadEvent> Read(string path)
    {
        // While the sink still has it open for writing.
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using var copy = new MemoryStream();
        stream.CopyTo(copy);
        return Read(copy.ToArray());
    }

    public static List<ReadEvent> Read(ReadOnlySpan<byte> bytes)
    {
        var events = new List<ReadEvent>();
        while (bytes.Length >= 16)
        {
            var length = (int)BinaryPrimitives.ReadUInt64LittleEndian(bytes);
            Require(Masked(bytes[..8]) == BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]), "length");
            if (bytes.Length < length + 16)
            {
                break;
            }

            var data = bytes.Slice(12, length);
            Require(Masked(data) == BinaryPrimitives.ReadUInt32LittleEndian(bytes[(12 + length)..]), "data");
            events.Add(Event(data));
            bytes = bytes[(length + 16)..];
        }

        return events;
    }

    /// <summary>CRC-32C bit by bit: the reflected polynomial 0x82F63B78.</summary>
    public static uint Crc32C(ReadOnlySpan<byte> data)
    {
        var crc = 0xFFFFFFFFu;
        foreach (var value in data)
        {
            crc ^= value;
            for (var bit = 0; bit < 8; bit++)
            {
                crc = (crc & 1) == 1 ? (crc >> 1) ^ 0x82F63B78 : crc >> 1;
            }
        }

        return crc ^ 0xFFFFFFFF;
    }

    private static uint Masked(ReadOnlySpan<byte> data)
    {
        var crc = Crc32C(data);
        return ((crc >> 15) | (crc << 17)) + 0xA282EAD8;
    }

    private static ReadEvent Event(ReadOnlySpan<byte> data)
    {
        var (time, step, version, scalars) = (0.0, 0L, (string?)null, new Dictionary<string, float>());
        while (Next(ref data, out var field, out var value))
        {
            switch (field)
            {
                case 1: time = BinaryPrimitives.ReadDoubleLittleEndian(value); break;
                case 2: step = (long)Varint(ref value); break;
                case 3: version = Encoding.UTF8.GetString(value); break;
                case 5: Summary(value, scalars); break;
                default: throw new InvalidDataException($"Event has no field {field} here.");
            }
        }

        return new(time, step, version, scalars);
    }

    private static void Summary(ReadOnlySpan<byte> data, Dictionary<string, float> scalars)
    {
        while (Next(ref data, out var field, out var value))
        {
            Require(field == 1, "summary");
            Require(Next(ref value, out field, out var tag) && field == 1, "tag");
            Require(Next(ref value, out field, out var number) && field == 2 && number.Length == 4, "simple_value");
            Require(value.IsEmpty, "value");
            scalars.Add(Encoding.UTF8.GetString(tag), BinaryPrimitives.ReadSingleLittleEndian(number));
        }
    }

    private static bool Next(ref ReadOnlySpan<byte> data, out int field, out ReadOnlySpan<byte> value)
    {
        field = 0;
        value = default;
        if (data.IsEmpty)
        {
            return false;
        }

        var key = Varint(ref data);
        field = (int)(key >> 3);
        var rest = data;
        var length = (key & 7) switch
        {
            0 => data.Length - Skip(rest),
            1 => 8,
            2 => (int)Varint(ref data),
            5 => 4,
            _ => throw new InvalidDataException($"wire type {key & 7}"),
        };
        value = data[..length];
        data = data[length..];
        return true;
    }

    private static int Skip(ReadOnlySpan<byte> data)
    {
        Varint(ref data);
        return data.Length;
    }

    private static ulong Varint(ref ReadOnlySpan<byte> data)
    {
        var (value, shift) = (0UL, 0);
        while (true)
        {
            var part = data[0];
            data = data[1..];
            value |= (ulong)(part & 0x7F) << shift;
            shift += 7;
            if (part < 0x80)
            {
                return value;
            }
        }
    }

    private static void Require(bool holds, string what)
    {
        if (!holds)
        {
            throw new InvalidDataException($"The {what} is wrong.");
        }
    }
}
