using System.Runtime.InteropServices;

namespace Inception.Runtime;

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
