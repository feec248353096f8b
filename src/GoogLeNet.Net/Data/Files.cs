using System.Security.Cryptography;

namespace Inception.Data;

/// <summary>Facts about files.</summary>
internal static class Files
{
    /// <summary>Length of a file, of a symbolic link's target too, without opening it: to open a pipe would wait for its writer.</summary>
    /// <exception cref="IOException">There is no such file.</exception>
    public static long LengthOf(string path) => (File.ResolveLinkTarget(path, returnFinalTarget: true) as FileInfo ?? new FileInfo(path)).Length;
}

internal static class Folders
{
    /// <summary>Deletes the folder with all it holds, if it is there.</summary>
    public static void Delete(string folder)
    {
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}

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
