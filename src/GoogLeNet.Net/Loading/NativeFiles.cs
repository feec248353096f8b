namespace Inception.Loading;

/// <summary>Where .NET looks for a program's native libraries.</summary>
internal static class NativeFiles
{
    /// <summary>What TorchSharp calls its native library.</summary>
    public const string TorchSharp = "LibTorchSharp";

    /// <summary>The folders, in .NET's order.</summary>
    public static IEnumerable<string> Folders()
    {
        var known = (AppContext.GetData("NATIVE_DLL_SEARCH_DIRECTORIES") as string ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);
        return known.Append(AppContext.BaseDirectory).Distinct();
    }

    /// <summary>The full path of the first file of that name, or null.</summary>
    public static string? Find(string name) => Folders().Select(folder => Path.Combine(folder, name)).FirstOrDefault(File.Exists);
}
