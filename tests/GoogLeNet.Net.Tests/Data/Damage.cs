using System.Buffers.Binary;
using CsCheck;

namespace Inception.Tests.Data;

/// <summary>Random damage to bytes, as disks, networks and malice do it.</summary>
internal static class Damage
{
    // Half of the damage falls on the first bytes, where headers are; half of it is short.
    private static readonly Gen<Wound> One = Gen.Select(
        Gen.Int[0, 7], Gen.Double[0, 1], Gen.Bool, Gen.OneOf(Gen.Int[1, 8], Gen.Int[1, 200]), Gen.Double[0, 1],
        Gen.OneOf(0u, 1u, 0x7Fu, 0x80u, 0xFFu, 0x7FFFu, 0xFFFFu, 0x7FFFFFFFu, 0x80000000u, 0xFFFFFFFFu), Gen.Bool, Gen.Byte.Array[200])
        .Select(drawn => new Wound(drawn.Item1, drawn.Item2, drawn.Item3, drawn.Item4, drawn.Item5, drawn.Item6, drawn.Item7, drawn.Item8));

    /// <summary>One to four kinds of damage, one after the other; the bytes handed over stay as they are.</summary>
    public static Gen<Func<byte[], byte[]>> Any { get; } =
        One.List[1, 4].Select(wounds => (Func<byte[], byte[]>)(bytes => wounds.Aggregate((byte[])bytes.Clone(), (damaged, wound) => wound.To(damaged))));

    private sealed record Wound(int Kind, double Place, bool InHeader, int Reach, double OtherPlace, uint Number, bool Flag, byte[] Noise)
    {
        public byte[] To(byte[] bytes)
        {
            if (bytes.Length == 0)
            {
                return [Noise[0]];
            }

            var at = Index(Place, InHeader ? Math.Min(64, bytes.Length) : bytes.Length);
            var length = Math.Min(Reach, bytes.Length - at);
            var other = Index(OtherPlace, bytes.Length);
            switch (Kind)
            {
                case 0: bytes[at] ^= (byte)(1 << (Noise[0] % 8)); return bytes;
                case 1: Noise.AsSpan(0, length).CopyTo(bytes.AsSpan(at)); return bytes;
                case 2: bytes.AsSpan(at, length).Fill((byte)(Flag ? 255 : 0)); return bytes;
                case 3: return bytes[..at];
                case 4: return [.. bytes, .. bytes[at..(at + length)]];
                case 5: return [.. bytes[..at], .. bytes[(at + length)..]];
                case 6: return [.. bytes[..at], .. bytes[other..Math.Min(other + length, bytes.Length)], .. bytes[at..]];
                default: WriteNumber(bytes.AsSpan(at)); return bytes;
            }
        }

        private static int Index(double place, int count) => Math.Min((int)(place * count), count - 1);

        private void WriteNumber(Span<byte> at)
        {
            Span<byte> number = stackalloc byte[4];
            BinaryPrimitives.WriteUInt32BigEndian(number, Flag ? Number : BinaryPrimitives.ReverseEndianness(Number));
            number[..Math.Min(4, at.Length)].CopyTo(at);
        }
    }
}
