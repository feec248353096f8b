using System.Text.RegularExpressions;

namespace Inception.Loading;

/// <summary>What a system's loader says about a library that it does not load, in plain words.</summary>
internal static partial class LoadFailure
{
    /// <summary>The cause and the fix.</summary>
    /// <param name="path">The library that was to be loaded.</param>
    /// <param name="message">The loader's own words.</param>
    public static TorchNotLoadedException Explain(string path, string message)
    {
        var name = Path.GetFileName(path);
        if (MissingVersion().Match(message) is { Success: true } version)
        {
            return new($"{name} needs {version.Groups["version"].Value}, which this system's {version.Groups["library"].Value} does not have",
                version.Groups["version"].Value == "GLIBCXX_3.4.32" ? "Remove TorchSharpOnOlderLinux=false from the project, or use a system with GCC 13's libstdc++ (Debian 13, Ubuntu 24.04)"
                    : "Use a newer system (Debian 12, Ubuntu 22.04, RHEL 10 or later)");
        }

        if (MissingFile().Match(message) is { Success: true } missing)
        {
            var needed = missing.Groups["library"].Value;
            return needed.StartsWith("libtorch", StringComparison.Ordinal) || needed.StartsWith("libc10", StringComparison.Ordinal) || needed.StartsWith("libgomp-", StringComparison.Ordinal)
                ? new($"{name} needs {needed}, which does not lie beside it", "Delete the program's output folder and build again")
                : new($"{name} needs {needed}, which is not on this system", "Install the package that holds it, for example with `apt-get install`, or `dnf install`");
        }

        if (message.Contains("wrong ELF class", StringComparison.Ordinal) || message.Contains("incompatible architecture", StringComparison.Ordinal)
            || message.Contains("not a valid Win32", StringComparison.Ordinal))
        {
            return OtherProcessor(path);
        }

        // Perhaps one that this one needs.
        if (DamagedFile().Match(message) is { Success: true } damaged)
        {
            return Damaged(damaged.Groups["path"].Value is { Length: > 0 } other ? Path.Combine(Path.GetDirectoryName(path) ?? "", other) : path);
        }

        if (message.Contains("ermission denied", StringComparison.Ordinal))
        {
            return new($"{name} may not be read or mapped by this user", $"Allow it: chmod u+r {path}, and no noexec on the folder's file system");
        }

        return new($"{name}: {FirstLine(message)}", "See docs/troubleshooting.md");
    }

    /// <summary>The file is not what it should be.</summary>
    public static TorchNotLoadedException Damaged(string path) => new($"{Path.GetFileName(path)} is damaged", $"Delete {path} and its package in the NuGet cache, and build again");

    /// <summary>The file is another processor's.</summary>
    public static TorchNotLoadedException OtherProcessor(string path) =>
        new($"{Path.GetFileName(path)} is made for another processor", "Publish for this one: `dotnet publish -r` with linux-x64, win-x64, win-arm64 or osx-arm64");

    // .NET's own message names the tried paths first, the loader's words stand in the lines behind it.
    private static string FirstLine(string message) => message.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).ElementAtOrDefault(1) ?? message;

    [GeneratedRegex(@"(?<library>[^/\s:]+): version [`'](?<version>[A-Z]+_[0-9.]+)' not found")]
    private static partial Regex MissingVersion();

    [GeneratedRegex(@"(?<library>[^/\s:]+): cannot open shared object file: No such file")]
    private static partial Regex MissingFile();

    [GeneratedRegex(@"((?<path>[^\s:]+): )?(invalid ELF header|file too short|cannot read file data|no version information|bad image|not a mach-o)", RegexOptions.IgnoreCase)]
    private static partial Regex DamagedFile();
}
