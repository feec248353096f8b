namespace Inception.Data;

/// <summary>Facts about files.</summary>
internal static class Files
{
    /// <summary>Length of a file, of a symbolic link's target too, without opening it: to open a pipe would wait for its writer.</summary>
    /// <exception cref="IOException">There is no such file.</exception>
    public static long LengthOf(string path) => (File.ResolveLinkTarget(path, returnFinalTarget: true) as FileInfo ?? new FileInfo(path)).Length;
}
