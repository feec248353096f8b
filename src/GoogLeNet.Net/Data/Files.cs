using System.Security.Cryptography;

namespace Inception.Data;

/// <summary>Questions about files.</summary>
internal static class Files
{
    /// <summary>Length of a file or of a symbolic link's target, without opening it: opening a pipe would wait for its writer.</summary>
    /// <exception cref="IOException">There is no such file.</exception>
    public static long LengthOf(string path) => (File.ResolveLinkTarget(path, returnFinalTarget: true) as FileInfo ?? new FileInfo(path)).Length;

    /// <summary>What is wrong with a symbolic link to nothing, as a sentence; null for anything else.</summary>
    public static string? BrokenLink(string path) =>
        new FileInfo(path).LinkTarget is { } target && File.ResolveLinkTarget(path, returnFinalTarget: true) is { Exists: false } ? $"it is a link to '{target}', which does not exist." : null;
}

/// <summary>Work on folders.</summary>
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

/// <summary>Words for what went wrong with a file.</summary>
internal static class Failure
{
    /// <summary>One line that ends with a full stop: what the system's exceptions mean to a user, else the innermost message.</summary>
    public static string Reason(Exception e)
    {
        if (e is UnauthorizedAccessException)
        {
            return "permission denied.";
        }

        if (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return "it does not exist.";
        }

        var line = (e is DatasetException ? e : e.GetBaseException()).Message.Split('\n', 2)[0].Trim();
        return line.EndsWith('.') ? line : line + ".";
    }

    /// <summary>Null if the file has the expected SHA-256, else a sentence with the one found.</summary>
    /// <param name="path">The file.</param>
    /// <param name="expected">Its digits, or those that it begins with.</param>
    public static string? ChecksumProblem(string path, string expected)
    {
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 1 << 17);
        var found = Convert.ToHexStringLower(SHA256.HashData(stream));
        return found.StartsWith(expected, StringComparison.Ordinal) ? null : $"its SHA-256 is {found}; {expected}{(expected.Length < found.Length ? "…" : "")} expected.";
    }
}
