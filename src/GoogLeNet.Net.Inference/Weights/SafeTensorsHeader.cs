using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;

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

    /// <summary>Where a tensor's bytes lie, counted from the first byte after the header.</summary>
    public readonly record struct Extent(string Name, SafeTensorsType Type, long[] Shape, long Begin, long End);

    /// <summary>The metadata, and the tensors in the header's order.</summary>
    /// <exception cref="ModelFileException">The header is not UTF-8, not JSON, or not of the format's form.</exception>
    public static (Dictionary<string, string> Metadata, List<Extent> Extents) Parse(ReadOnlyMemory<byte> header, string file)
    {
        if (!Utf8.IsValid(header.Span))
        {
            throw new ModelFileException(file, "the header is not valid UTF-8");
        }

        try
        {
            using var json = JsonDocument.Parse(header, new JsonDocumentOptions { AllowDuplicateProperties = false });
            var entries = json.RootElement.ValueKind == JsonValueKind.Object ? json.RootElement.EnumerateObject().ToList() : throw new ModelFileException(file, "the header is not a JSON object");
            return (
                entries.Where(entry => entry.Name == MetadataKey).SelectMany(entry => ParseMetadata(entry.Value, file)).ToDictionary(),
                [.. entries.Where(entry => entry.Name != MetadataKey).Select(entry => ParseExtent(entry.Name, entry.Value, file))]);
        }
        catch (JsonException error)
        {
            throw new ModelFileException(file, $"the header is not valid JSON: {error.Message}", error);
        }
        catch (InvalidOperationException error)
        {
            throw new ModelFileException(file, "a text in the header holds half of a surrogate pair", error);
        }
    }

    private static IEnumerable<KeyValuePair<string, string>> ParseMetadata(JsonElement metadata, string file) => metadata.ValueKind == JsonValueKind.Object
        ? metadata.EnumerateObject().Select(entry => KeyValuePair.Create(
            entry.Name, entry.Value.ValueKind == JsonValueKind.String ? entry.Value.GetString()! : throw new ModelFileException(file, $"the metadata value '{entry.Name}' is not a string")))
        : throw new ModelFileException(file, "__metadata__ is not an object");

    // Other members than the three are skipped: a later version of the format may say more.
    private static Extent ParseExtent(string name, JsonElement entry, string file)
    {
        ModelFileException Malformed(string problem) => new(file, $"tensor '{name}': {problem}");
        JsonElement Member(string key, JsonValueKind kind, string kindName) =>
            !entry.TryGetProperty(key, out var member) ? throw Malformed($"{key} is missing") : member.ValueKind == kind ? member : throw Malformed($"{key} is not {kindName}");
        long[] Numbers(string key) =>
        [
            .. Member(key, JsonValueKind.Array, "an array").EnumerateArray().Select(each => each.ValueKind == JsonValueKind.Number && each.TryGetInt64(out long number) && number >= 0
                ? number : throw Malformed($"{key} holds something else than whole numbers from 0 to 2^63 - 1")),
        ];

        if (entry.ValueKind != JsonValueKind.Object)
        {
            throw Malformed("the entry is not an object");
        }

        string type = Member("dtype", JsonValueKind.String, "a string").GetString()!;
        long[] shape = Numbers("shape");
        return Numbers("data_offsets") is [var begin, var end]
            ? new Extent(name, SafeTensorsTypes.Parse(type) ?? throw Malformed($"dtype '{type}' is not supported"), shape, begin, end)
            : throw Malformed("data_offsets does not hold two numbers");
    }

    /// <summary>Checks that the tensors' bytes fill a file's data exactly, each byte owned by one tensor.</summary>
    /// <param name="extents">Ordered by where they begin.</param>
    /// <param name="dataLength">Bytes from the header to the end of the file.</param>
    /// <param name="file">What messages call the file.</param>
    /// <exception cref="ModelFileException">The first tensor that breaks the rule.</exception>
    public static void CheckLayout(IReadOnlyList<Extent> extents, long dataLength, string file)
    {
        long filled = 0;
        foreach (Extent extent in extents)
        {
            if (Problem(extent, filled, dataLength) is { } problem)
            {
                throw new ModelFileException(file, $"tensor '{extent.Name}': {problem}");
            }

            filled = extent.End;
        }

        if (filled < dataLength)
        {
            throw new ModelFileException(file, $"{dataLength - filled} bytes follow the last tensor");
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
}
