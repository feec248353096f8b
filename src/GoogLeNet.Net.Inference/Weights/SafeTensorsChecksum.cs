using System.Security.Cryptography;
using System.Text;

namespace Inception;

/// <summary>
/// The checksum that the writer adds to a file's metadata: SHA-256 of the whole file, length prefix and header included, taken
/// while the 64 hexadecimal digits themselves read as zeros. To other programs it is one more metadata string.
/// </summary>
/// <remarks>
/// Key and value are each recognised alone. A flipped bit in one leaves the other, so damage can't make a checksum go unnoticed.
/// </remarks>
internal static class SafeTensorsChecksum
{
    public const string Key = "inception.checksum";
    public const string Prefix = "inception.sha256:";
    public const int DigitCount = SHA256.HashSizeInBytes * 2;

    public static readonly string Blank = Prefix + new string('0', DigitCount);

    /// <summary>True where a metadata entry is a checksum, or was one before it was damaged.</summary>
    public static bool Resembles(string key, string value) => key == Key || value.StartsWith(Prefix, StringComparison.Ordinal);

    /// <summary>The digits' bytes in the file.</summary>
    /// <param name="file">The length prefix and the header.</param>
    /// <param name="start">Byte of the first digit.</param>
    public static Span<byte> Digits(Span<byte> file, int start) => file.Slice(start, DigitCount);

    /// <summary>The digits of a file whose digits have been zeroed in <paramref name="head"/>.</summary>
    public static byte[] Compute(ReadOnlySpan<byte> head, IEnumerable<SafeTensor> tensorsInFileOrder)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(head);
        foreach (SafeTensor tensor in tensorsInFileOrder)
        {
            hash.AppendData(tensor.Data.Span);
        }

        return Encoding.ASCII.GetBytes(Convert.ToHexStringLower(hash.GetHashAndReset()));
    }
}
