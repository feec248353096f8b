using System.Buffers.Binary;

namespace Inception.Tests.Data;

/// <summary>Random damage to bytes, as disks, networks and malice do it.</summary>
internal static class Damage
{
    private static readonly uint[] Awkward = [0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF];

    /// <summary>The bytes with one to four kinds of damage; the given ones stay as they are.</summary>
    public static byte[] Of(byte[] bytes, Random random)
    {
        var damaged = (byte[])bytes.Clone();
        for (var times = random.Next(1, 5); times > 0; times--)
        {
            damaged = Once(damaged, random);
        }

        return damaged;
    }

    private static byte[] Once(byte[] bytes, Random random)
    {
        if (bytes.Length == 0)
        {
            return [(byte)random.Next(256)];
        }

        // Half of the damage falls on the first bytes, where headers are.
        var at = random.Next(random.Next(2) == 0 ? bytes.Length : Math.Min(64, bytes.Length));
        var length = Math.Min(1 + random.Next(random.Next(2) == 0 ? 8 : 200), bytes.Length - at);
        var other = random.Next(bytes.Length);
        switch (random.Next(8))
        {
            case 0: bytes[at] ^= (byte)(1 << random.Next(8)); return bytes;
            case 1: random.NextBytes(bytes.AsSpan(at, length)); return bytes;
            case 2: bytes.AsSpan(at, length).Fill((byte)(random.Next(2) * 255)); return bytes;
            case 3: return bytes[..at];
            case 4: return [.. bytes, .. bytes[at..(at + length)]];
            case 5: return [.. bytes[..at], .. bytes[(at + length)..]];
            case 6: return [.. bytes[..at], .. bytes[other..Math.Min(other + length, bytes.Length)], .. bytes[at..]];
            default: WriteNumber(bytes.AsSpan(at), random); return bytes;
        }
    }

    private static void WriteNumber(Span<byte> at, Random random)
    {
        Span<byte> number = stackalloc byte[4];
        var value = Awkward[random.Next(Awkward.Length)];
        if (random.Next(2) == 0)
        {
            BinaryPrimitives.WriteUInt32BigEndian(number, value);
        }
        else
        {
            BinaryPrimitives.WriteUInt32LittleEndian(number, value);
        }

        number[..Math.Min(4, at.Length)].CopyTo(at);
    }
}
