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

/// <summary>The environment as native libraries see it: <see cref="Environment.SetEnvironmentVariable(string, string)"/> changes .NET's own copy alone.</summary>
internal static class NativeEnvironment
{
    /// <summary>Sets a variable that the environment does not have, where the system's C library is GNU's.</summary>
    public static void SetDefault(string name, string value)
    {
        if (NativeFiles.HasGnuLibrary)
        {
            _ = setenv(name, value, overwrite: 0);
        }
    }

    [DllImport(NativeFiles.GnuLibrary, BestFitMapping = false, ThrowOnUnmappableChar = true)]
    private static extern int setenv([MarshalAs(UnmanagedType.LPStr)] string name, [MarshalAs(UnmanagedType.LPStr)] string value, int overwrite);
}

/// <summary>
/// libtorch's threads on Linux are GNU OpenMP's, which spin for milliseconds while they wait and so take the cores from other programs: beside one other busy program a training
/// step on two cores takes 1.3 to 1.7 times as long. With <c>GOMP_SPINCOUNT=2000</c> they spin for microseconds, which costs nothing where the machine is idle.
/// </summary>
internal static class OpenMP
{
    /// <summary>Sets the count before libtorch is loaded, unless the environment has one of its own, or an OMP_WAIT_POLICY.</summary>
    public static void SleepSoon()
    {
        if (Environment.GetEnvironmentVariable("OMP_WAIT_POLICY") is null)
        {
            NativeEnvironment.SetDefault("GOMP_SPINCOUNT", "2000");
        }
    }
}
