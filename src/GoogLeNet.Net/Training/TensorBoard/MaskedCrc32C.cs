using System.Numerics;

namespace Inception.Training;

/// <summary>The checksum of TFRecord files: CRC-32C (RFC 3720, appendix B.4), rotated and shifted so that it can guard data that hold checksums.</summary>
internal static class MaskedCrc32C
{
    /// <summary>The masked checksum.</summary>
    public static uint Of(ReadOnlySpan<byte> data) => BitOperations.RotateRight(Plain(data), 15) + 0xA282EAD8;

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
