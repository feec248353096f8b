using System.Text.Json;
using System.Text.Unicode;

namespace Inception;

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

    /// <exception cref="SafeTensorsException">The header is not UTF-8, not JSON, or not of the format's form.</exception>
    public static Header Read(ReadOnlySpan<byte> header, string file)
    {
        if (!Utf8.IsValid(header))
        {
            throw new SafeTensorsException(file, "the header is not valid UTF-8", offset: SafeTensorsHeader.LengthSize);
        }

        var reader = new SafeTensorsHeaderReader(header, file);
        try
        {
            return reader.ReadHeader();
        }
        catch (JsonException error)
        {
            throw new SafeTensorsException(file, "the header is not valid JSON", offset: reader.Position, inner: error);
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

    private readonly SafeTensorsException Malformed(string problem, string? tensor = null, Exception? inner = null) =>
        new(file, problem, tensor, SafeTensorsHeader.LengthSize + json.TokenStartIndex, inner);
}
