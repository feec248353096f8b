using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

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
