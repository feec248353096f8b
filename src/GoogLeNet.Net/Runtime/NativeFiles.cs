using System.Runtime.InteropServices;

namespace Inception.Runtime;

/// <summary>Native libraries: those beside the program, and the system's own.</summary>
internal static class NativeFiles
{
    /// <summary>What TorchSharp calls its native library.</summary>
    public const string TorchSharp = "LibTorchSharp";

    /// <summary>The GNU C library.</summary>
    public const string GnuLibrary = "libc.so.6";

    /// <summary>Whether the system is a Linux with the GNU C library: not Alpine's.</summary>
    public static bool HasGnuLibrary { get; } = OperatingSystem.IsLinux() && NativeLibrary.TryLoad(GnuLibrary, out _);

    /// <summary>The full path of the first file of that name where .NET looks for a program's native libraries, or null.</summary>
    public static string? Find(string name)
    {
        var folders = (AppContext.GetData("NATIVE_DLL_SEARCH_DIRECTORIES") as string ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);
        return folders.Append(AppContext.BaseDirectory).Select(folder => Path.Combine(folder, name)).FirstOrDefault(File.Exists);
    }
}
