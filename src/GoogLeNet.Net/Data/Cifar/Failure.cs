using System.Security.Cryptography;

namespace Inception.Data;

internal static class Failure
{
    /// <summary>One line that ends with a full stop: the message of our own exception, or the innermost message of another.</summary>
    public static string Reason(Exception e)
    {
        var line = (e is DatasetException ? e : e.GetBaseException()).Message.Split('\n', 2)[0].Trim();
        return line.EndsWith('.') ? line : line + ".";
    }

    /// <summary>Null if the file has the SHA-256 expected, else one sentence that says what was found.</summary>
    public static string? OfSum(string path, string expected)
    {
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 1 << 17);
        var found = Convert.ToHexStringLower(SHA256.HashData(stream));
        return found == expected ? null : $"its SHA-256 is {found}; {expected} expected.";
    }
}
