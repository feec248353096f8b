using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;
using Extent = Inception.SafeTensorsHeaderReader.Extent;

namespace Inception;

/// <summary>The head of a safetensors file: the JSON header's length in 8 little-endian bytes, then the header.</summary>
internal static class SafeTensorsHeader
{
    public const string MetadataKey = "__metadata__";
    public const int LengthSize = sizeof(ulong);
    public const int MaxLength = 100_000_000;

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    // Leaves text outside ASCII as it is: the header is a file of its own, never part of a page.
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The head of a file with these tensors in this order, its checksum blank.</summary>
    /// <exception cref="ArgumentException">A text that has no UTF-8 form, or a header over 100,000,000 bytes.</exception>
    public static byte[] Build(IReadOnlyDictionary<string, string> metadata, IReadOnlyList<SafeTensor> tensors)
    {
        var head = new ArrayBufferWriter<byte>();
        head.Write(stackalloc byte[LengthSize]);
        using (var json = new Utf8JsonWriter(head, Options))
        {
            json.WriteStartObject();
            WriteMetadata(json, metadata);
            WriteTensors(json, tensors);
            json.WriteEndObject();
        }

        Pad(head);
        int length = head.WrittenCount - LengthSize;
        if (length > MaxLength)
        {
            throw new ArgumentException($"The header would take {length} bytes; a safetensors header has at most {MaxLength}.", nameof(tensors));
        }

        byte[] bytes = head.WrittenSpan.ToArray();
        BinaryPrimitives.WriteInt64LittleEndian(bytes, length);
        return bytes;
    }

    private static void WriteMetadata(Utf8JsonWriter json, IReadOnlyDictionary<string, string> metadata)
    {
        json.WriteStartObject(MetadataKey);
        json.WriteString(SafeTensorsChecksum.Key, SafeTensorsChecksum.Blank);
        foreach ((string key, string value) in metadata.OrderBy(entry => entry.Key, StringComparer.Ordinal))
        {
            json.WriteString(StrictUtf8.GetBytes(key), StrictUtf8.GetBytes(value));
        }

        json.WriteEndObject();
    }

    private static void WriteTensors(Utf8JsonWriter json, IReadOnlyList<SafeTensor> tensors)
    {
        long offset = 0;
        foreach (SafeTensor tensor in tensors)
        {
            json.WriteStartObject(StrictUtf8.GetBytes(tensor.Name));
            json.WriteString("dtype", tensor.Type.ToString());
            json.WriteStartArray("shape");
            foreach (long size in tensor.Shape)
            {
                json.WriteNumberValue(size);
            }

            json.WriteEndArray();
            json.WriteStartArray("data_offsets");
            json.WriteNumberValue(offset);
            json.WriteNumberValue(offset += tensor.Data.Length);
            json.WriteEndArray();
            json.WriteEndObject();
        }
    }

    private static void Pad(ArrayBufferWriter<byte> head)
    {
        while (head.WrittenCount % 8 != 0)
        {
            head.Write(" "u8);
        }
    }
}

/// <summary>Reads the JSON header, and reports what is wrong with it.</summary>
internal ref struct SafeTensorsHeaderReader
{
    private readonly string file;
    private Utf8JsonReader json;

    private SafeTensorsHeaderReader(ReadOnlySpan<byte> header, string file)
    {
        this.file = file;
        json = new Utf8JsonReader(header);
    }

    /// <summary>Where a tensor's bytes lie, counted from the first byte after the header.</summary>
    public readonly record struct Extent(string Name, SafeTensorsType Type, long[] Shape, long Begin, long End);

    /// <param name="Metadata">All but the checksum.</param>
    /// <param name="Extents">In the header's order.</param>
    /// <param name="ChecksumAt">Byte of the header where the checksum's digits start, or null where it has none.</param>
    public sealed record Header(Dictionary<string, string> Metadata, List<Extent> Extents, int? ChecksumAt);

    /// <exception cref="ModelFileException">The header is not UTF-8, not JSON, or not of the format's form.</exception>
    public static Header Read(ReadOnlySpan<byte> header, string file)
    {
        if (!Utf8.IsValid(header))
        {
            throw ModelFileException.Damaged(file, "the header is not valid UTF-8", SafeTensorsHeader.LengthSize);
        }

        var reader = new SafeTensorsHeaderReader(header, file);
        try
        {
            return reader.ReadHeader();
        }
        catch (JsonException error)
        {
            throw ModelFileException.Damaged(file, "the header is not valid JSON", reader.Position, inner: error);
        }
    }

    private readonly long Position => SafeTensorsHeader.LengthSize + json.BytesConsumed;

    private Header ReadHeader()
    {
        var metadata = new Dictionary<string, string>();
        var extents = new List<Extent>();
        var names = new HashSet<string>();
        int? checksumAt = null;
        json.Read();
        Expect(JsonTokenType.StartObject, "the header is not a JSON object");
        while (NextKey(names, tensor: null) is { } name)
        {
            if (name == SafeTensorsHeader.MetadataKey)
            {
                checksumAt = ReadMetadata(metadata);
            }
            else
            {
                extents.Add(ReadExtent(name));
            }
        }

        json.Read(); // throws where anything but white space follows the object
        return new Header(metadata, extents, checksumAt);
    }

    private int? ReadMetadata(Dictionary<string, string> metadata)
    {
        var keys = new HashSet<string>();
        int? checksumAt = null;
        Expect(JsonTokenType.StartObject, "__metadata__ is not an object");
        while (NextKey(keys, tensor: null) is { } key)
        {
            Expect(JsonTokenType.String, $"the metadata value '{key}' is not a string");
            string value = Text(tensor: null);
            if (SafeTensorsChecksum.Resembles(key, value))
            {
                checksumAt = FindDigits(key, value);
            }
            else
            {
                metadata.Add(key, value);
            }
        }

        return checksumAt;
    }

    private readonly int FindDigits(string key, string value)
    {
        bool whole = key == SafeTensorsChecksum.Key && value.StartsWith(SafeTensorsChecksum.Prefix, StringComparison.Ordinal)
            && value.Length == SafeTensorsChecksum.Blank.Length && !json.ValueIsEscaped;
        return whole
            ? (int)json.TokenStartIndex + 1 + SafeTensorsChecksum.Prefix.Length
            : throw Malformed("the checksum entry is damaged");
    }

    private Extent ReadExtent(string name)
    {
        var keys = new HashSet<string>();
        SafeTensorsType? type = null;
        long[]? shape = null, offsets = null;
        Expect(JsonTokenType.StartObject, "the entry is not an object", name);
        while (NextKey(keys, name) is { } key)
        {
            switch (key)
            {
                case "dtype":
                    type = ReadType(name);
                    break;
                case "shape":
                    shape = ReadNumbers(name, key);
                    break;
                case "data_offsets":
                    offsets = ReadNumbers(name, key);
                    break;
                default:
                    json.Skip(); // a later version of the format may say more
                    break;
            }
        }

        if (offsets is not null && offsets.Length != 2)
        {
            throw Malformed("data_offsets does not hold two numbers", name);
        }

        return new Extent(
            name,
            type ?? throw Malformed("dtype is missing", name),
            shape ?? throw Malformed("shape is missing", name),
            offsets?[0] ?? throw Malformed("data_offsets is missing", name),
            offsets[1]);
    }

    private SafeTensorsType ReadType(string name)
    {
        Expect(JsonTokenType.String, "dtype is not a string", name);
        string type = Text(name);
        return SafeTensorsTypes.Parse(type) ?? throw Malformed($"dtype '{type}' is not supported", name);
    }

    private long[] ReadNumbers(string name, string key)
    {
        var numbers = new List<long>();
        Expect(JsonTokenType.StartArray, $"{key} is not an array", name);
        while (json.Read() && json.TokenType != JsonTokenType.EndArray)
        {
            if (json.TokenType != JsonTokenType.Number || !json.TryGetInt64(out long number) || number < 0)
            {
                throw Malformed($"{key} holds something else than whole numbers from 0 to 2^63 - 1", name);
            }

            numbers.Add(number);
        }

        return [.. numbers];
    }

    /// <summary>Moves to the next property's value and returns its key, or null at the object's end.</summary>
    private string? NextKey(HashSet<string> seen, string? tensor)
    {
        json.Read();
        if (json.TokenType == JsonTokenType.EndObject)
        {
            return null;
        }

        string key = Text(tensor);
        if (!seen.Add(key))
        {
            throw Malformed($"the key '{key}' occurs twice", tensor);
        }

        json.Read();
        return key;
    }

    private readonly string Text(string? tensor)
    {
        try
        {
            return json.GetString()!;
        }
        catch (InvalidOperationException error)
        {
            throw Malformed("a text holds half of a surrogate pair", tensor, error);
        }
    }

    private readonly void Expect(JsonTokenType type, string otherwise, string? tensor = null)
    {
        if (json.TokenType != type)
        {
            throw Malformed(otherwise, tensor);
        }
    }

    private readonly ModelFileException Malformed(string problem, string? tensor = null, Exception? inner = null) =>
        ModelFileException.Damaged(file, problem, SafeTensorsHeader.LengthSize + json.TokenStartIndex, tensor, inner);
}

/// <summary>The rule that the tensors' bytes fill a file's data exactly, each byte owned by one tensor.</summary>
internal static class SafeTensorsLayout
{
    /// <param name="extents">Ordered by where they begin.</param>
    /// <param name="dataStart">Byte of the file where the data begins.</param>
    /// <param name="dataLength">Bytes from there to the end of the file.</param>
    /// <param name="file">What messages call the file.</param>
    /// <exception cref="ModelFileException">The first tensor that breaks the rule.</exception>
    public static void Check(IReadOnlyList<Extent> extents, long dataStart, long dataLength, string file)
    {
        long filled = 0;
        foreach (Extent extent in extents)
        {
            if (Problem(extent, filled, dataLength) is { } problem)
            {
                throw ModelFileException.Damaged(file, problem, Saturate(dataStart, extent.Begin), extent.Name);
            }

            filled = extent.End;
        }

        if (filled < dataLength)
        {
            throw ModelFileException.Damaged(file, $"{dataLength - filled} bytes follow the last tensor", dataStart + filled);
        }
    }

    private static string? Problem(Extent extent, long filled, long dataLength)
    {
        long begin = extent.Begin, end = extent.End;
        long span = end - begin; // both are 0 or more, so this cannot overflow
        string shape = $"{extent.Type} [{string.Join(", ", extent.Shape)}]";
        if (extent.Type.ByteCount(extent.Shape) is not { } bytes)
        {
            return $"{shape} takes more bytes than 64 bits can count";
        }

        if (bytes != span)
        {
            return $"{shape} takes {bytes} bytes, but its offsets {begin} to {end} span {span}";
        }

        if (begin > filled)
        {
            return $"there is a hole of {begin - filled} bytes before it";
        }

        if (begin < filled)
        {
            return $"it overlaps the tensor before it by {filled - begin} bytes";
        }

        if (end > dataLength)
        {
            return $"the file ends {end - dataLength} bytes before the tensor does";
        }

        return span > Array.MaxLength ? $"its {span} bytes are more than the {Array.MaxLength} of the largest array" : null;
    }

    // An offset from a damaged header can be near 2^63.
    private static long Saturate(long start, long offset) => offset > long.MaxValue - start ? long.MaxValue : start + offset;
}
