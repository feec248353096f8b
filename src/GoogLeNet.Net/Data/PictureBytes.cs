using System.Buffers.Binary;
using System.IO.Hashing;

namespace Inception.Data;

/// <summary>What a picture file's bytes tell without decoding: its kind, and damage that decoders pass over.</summary>
internal static class PictureBytes
{
    public const string EndsTooEarly = "it is damaged: it ends too early.";

    /// <summary>Refuses other kinds than JPEG, PNG, WebP, GIF and BMP before any decoder sees them, and files that are not whole.</summary>
    /// <exception cref="DatasetException">The message completes "FILE cannot be read: …".</exception>
    public static void Check(ReadOnlySpan<byte> bytes)
    {
        switch (bytes)
        {
            case [0xFF, 0xD8, 0xFF, ..]:
                CheckJpeg(bytes);
                break;
            case [0x89, (byte)'P', (byte)'N', (byte)'G', ..]:
                CheckPng(bytes);
                break;
            case [(byte)'R', (byte)'I', (byte)'F', (byte)'F', _, _, _, _, (byte)'W', (byte)'E', (byte)'B', (byte)'P', ..]:
                RequireLength(bytes, 8L + BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]));
                break;
            case [(byte)'B', (byte)'M', ..]:
                CheckBmp(bytes);
                break;
            case [(byte)'G', (byte)'I', (byte)'F', (byte)'8', ..]:
                break;
            case []:
                throw new DatasetException("it is empty.");
            default:
                throw new DatasetException($"it is {OtherKind(bytes)}; JPEG, PNG, WebP, GIF and BMP can be read.");
        }
    }

    private static string OtherKind(ReadOnlySpan<byte> bytes) => bytes switch
    {
        [_, _, _, _, (byte)'f', (byte)'t', (byte)'y', (byte)'p', ..] => "a HEIC, AVIF or video file",
        [(byte)'I', (byte)'I', 42, 0, ..] or [(byte)'M', (byte)'M', 0, 42, ..] => "a TIFF or a camera's raw file",
        [(byte)'P', >= (byte)'1' and <= (byte)'7', <= (byte)' ' or (byte)'#', ..] => "a PNM",
        [(byte)'<', ..] => "SVG, HTML or XML",
        _ when bytes.StartsWith("version https://git-lfs"u8) => "a Git LFS pointer ('git lfs pull' brings the file)",
        _ => "no picture of a known kind",
    };

    // libpng stops behind the last pixel, and passes over the checksums of chunks that it does not need.
    private static void CheckPng(ReadOnlySpan<byte> bytes)
    {
        var last = false;
        for (var at = 8; !last;)
        {
            RequireLength(bytes, at + 12L);
            var length = BinaryPrimitives.ReadUInt32BigEndian(bytes[at..]);
            RequireLength(bytes, at + 12L + length);
            var chunk = bytes.Slice(at + 4, (int)length + 4);
            at += chunk.Length + 8;
            if (Crc32.HashToUInt32(chunk) != BinaryPrimitives.ReadUInt32BigEndian(bytes[(at - 4)..]))
            {
                throw new DatasetException("it is damaged: a checksum is wrong.");
            }

            last = chunk.StartsWith("IEND"u8);
        }
    }

    // libjpeg passes over what it does not know, fills with gray up to the next marker, and would fail only behind the last pixel.
    private static void CheckJpeg(ReadOnlySpan<byte> bytes)
    {
        for (var at = 2; at < bytes.Length;)
        {
            var next = bytes[at..].IndexOf((byte)0xFF);
            if (next < 0 || at + next + 1 >= bytes.Length)
            {
                return; // no end marker; whether pixels are missing, the decoder says
            }

            at += next + 1;
            switch (bytes[at])
            {
                case 0xFF: // padding
                    break;
                case 0x00 or (>= 0xD0 and <= 0xD8): // markers without content, and 0xFF as a value
                    at++;
                    break;
                case 0xD9: // the end
                    return;
                case >= 0xC0 and <= 0xDD or >= 0xE0 and <= 0xEF or 0xFE:
                    RequireLength(bytes, at + 3);
                    var length = BinaryPrimitives.ReadUInt16BigEndian(bytes[(at + 1)..]);
                    RequireLength(bytes, at + 1 + length);
                    at += 1 + Math.Max(length, (ushort)2);
                    break;
                default:
                    throw new DatasetException("it is damaged: there is a marker in it that JPEG does not have.");
            }
        }
    }

    // Skia takes any header, and leaves pixels out that are missing from a compressed picture.
    private static void CheckBmp(ReadOnlySpan<byte> bytes)
    {
        const int InfoHeader = 40;
        RequireLength(bytes, 26);
        var headerLength = BinaryPrimitives.ReadUInt32LittleEndian(bytes[14..]);
        if (headerLength == 12)
        {
            return; // of OS/2, without what is checked below
        }

        RequireLength(bytes, 14 + InfoHeader);
        var (bits, compression, colors) = (
            BinaryPrimitives.ReadUInt16LittleEndian(bytes[28..]), BinaryPrimitives.ReadUInt32LittleEndian(bytes[30..]), BinaryPrimitives.ReadUInt32LittleEndian(bytes[46..]));
        if (headerLength is not (40 or 52 or 56 or 64 or 108 or 124) || (bits <= 8 && colors > 256)
            || (compression, bits) is not ((0, 1 or 4 or 8 or 16 or 24 or 32) or (1, 8) or (2, 4) or (3, 16 or 24 or 32))
            || (compression == 3 && !HasUsualMasks(bytes, headerLength, bits)))
        {
            throw new DatasetException("its header is damaged, or that of an unusual BMP; save the picture as PNG.");
        }

        if (compression is 1 or 2)
        {
            var start = BinaryPrimitives.ReadUInt32LittleEndian(bytes[10..]);
            RequireLength(bytes, start);
            RequireRuns(bytes[(int)start..], BinaryPrimitives.ReadInt32LittleEndian(bytes[18..]), Math.Abs((long)BinaryPrimitives.ReadInt32LittleEndian(bytes[22..])), isOfNibbles: compression == 2);
        }
    }

    // Bits of red, green, blue and alpha as programs write them. What else the format allows is rather damage than a picture, and would be read in wrong colors.
    private static bool HasUsualMasks(ReadOnlySpan<byte> bytes, uint headerLength, int bits)
    {
        const int HeaderWithAlpha = 56;
        RequireLength(bytes, 70);
        return (bits, Mask(bytes, 54), Mask(bytes, 58), Mask(bytes, 62), headerLength < HeaderWithAlpha ? 0 : Mask(bytes, 66)) is
            (16, 0xF800, 0x7E0, 0x1F, _) or (16, 0x7C00, 0x3E0, 0x1F, _)
            or (24 or 32, 0xFF0000, 0xFF00, 0xFF, 0) or (32, 0xFF0000, 0xFF00, 0xFF, 0xFF000000)
            or (32, 0xFF000000, 0xFF0000, 0xFF00, 0 or 0xFF) or (32, 0xFF, 0xFF00, 0xFF0000, 0 or 0xFF000000);

        static uint Mask(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]);
    }

    // Run-length encoding: the runs must reach the picture's last pixel. Rows may end early, and jumps leave pixels out.
    private static void RequireRuns(ReadOnlySpan<byte> runs, int width, long height, bool isOfNibbles)
    {
        var (at, x, y) = (0, 0L, 0L);
        while (y < height && (y < height - 1 || x < width))
        {
            RequireLength(runs, at + 2);
            var (count, value) = (runs[at], runs[at + 1]);
            at += 2;
            switch (count, value)
            {
                case (0, 0): // the row's end
                    (x, y) = (0, y + 1);
                    break;
                case (0, 1): // the picture's end
                    throw new DatasetException(EndsTooEarly);
                case (0, 2): // a jump
                    RequireLength(runs, at + 2);
                    (x, y, at) = (x + runs[at], y + runs[at + 1], at + 2);
                    break;
                case (0, _): // pixels as they are, in whole pairs of bytes
                    x += value;
                    at += ((isOfNibbles ? (value + 1) / 2 : value) + 1) / 2 * 2;
                    break;
                default:
                    x += count;
                    break;
            }
        }
    }

    private static void RequireLength(ReadOnlySpan<byte> bytes, long length)
    {
        if (bytes.Length < length)
        {
            throw new DatasetException(EndsTooEarly);
        }
    }
}
