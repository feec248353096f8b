using System.Buffers.Binary;
using System.Text;
using System.Text.Json.Nodes;

namespace Inception.Tests.Weights;

/// <summary>Files made by hand, and a second reader of the format: neither shares a line with the library.</summary>
internal static class SafeTensorsBytes
{
    public static byte[] File(string header, params byte[] data) => File(Encoding.UTF8.GetBytes(header), data);

    public static byte[] File(byte[] header, params byte[] data)
    {
        byte[] length = new byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(length, (ulong)header.Length);
        return [.. length, .. header, .. data];
    }

    public static JsonObject Header(byte[] file) => JsonNode.Parse(file.AsSpan(8, HeaderLength(file)))!.AsObject();

    public static byte[] Data(byte[] file, string tensor)
    {
        JsonArray offsets = Header(file)[tensor]!["data_offsets"]!.AsArray();
        int start = 8 + HeaderLength(file);
        return file[(start + (int)offsets[0]!)..(start + (int)offsets[1]!)];
    }

    private static int HeaderLength(byte[] file) => (int)BitConverter.ToUInt64(file, 0);
}
