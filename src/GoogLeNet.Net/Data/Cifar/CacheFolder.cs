namespace Inception.Data;

/// <summary>The platform's folder for data that can be fetched again.</summary>
internal static class CacheFolder
{
    public static string Default => Path.Combine(Root(Environment.GetEnvironmentVariable), "GoogLeNet.Net", "cifar-10");

    /// <summary>XDG base directories on Linux (a relative XDG_CACHE_HOME is ignored, as that specification asks).</summary>
    public static string Root(Func<string, string?> variable)
    {
        if (OperatingSystem.IsWindows())
        {
            return Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData);
        }

        var home = variable("HOME") is { Length: > 0 } set ? set : Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        if (home.Length == 0)
        {
            home = Path.GetTempPath();
        }

        if (OperatingSystem.IsMacOS())
        {
            return Path.Combine(home, "Library", "Caches");
        }

        return variable("XDG_CACHE_HOME") is { } xdg && Path.IsPathRooted(xdg) ? xdg : Path.Combine(home, ".cache");
    }
}
