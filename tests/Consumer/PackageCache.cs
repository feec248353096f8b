using System.Security.Cryptography;

namespace Consumer;

/// <summary>The user's folder of unpacked packages.</summary>
internal static class PackageCache
{
    private static readonly string[] NativePackages = ["torchsharp", "libtorch-cpu-linux-x64"];

    public static string Folder { get; } = Environment.GetEnvironmentVariable("NUGET_PACKAGES") is { Length: > 0 } folder ? folder
        : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");

    /// <summary>The files of TorchSharp and libtorch: name, size, time, and of TorchSharp's own native library what it holds. libtorch is half a gigabyte.</summary>
    public static IReadOnlyList<string> Files() =>
    [
        .. NativePackages.Select(package => Path.Combine(Folder, package)).Where(Directory.Exists)
            .SelectMany(package => new DirectoryInfo(package).EnumerateFiles("*", SearchOption.AllDirectories)).OrderBy(file => file.FullName, StringComparer.Ordinal)
            .Select(file => $"{file.FullName} {file.Length} {file.LastWriteTimeUtc:O} {(file.Name.Contains("LibTorchSharp", StringComparison.Ordinal) ? Hash(file) : "")}"),
    ];

    private static string Hash(FileInfo file)
    {
        using var stream = file.OpenRead();
        return Convert.ToHexString(SHA256.HashData(stream));
    }
}
