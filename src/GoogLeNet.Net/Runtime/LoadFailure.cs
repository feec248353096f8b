using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using Microsoft.Win32.SafeHandles;
using static System.Buffers.Binary.BinaryPrimitives;

namespace Inception.Runtime;

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
            var library = missing.Groups["library"].Value;
            return ElfFile.Problem(Path.Combine(Path.GetDirectoryName(path) ?? "", library))
                ?? new($"{name} needs {library}, which {(OfBundle().IsMatch(library) ? "does not lie beside it" : "is not on this system")}", HowToGet(library));
        }

        if (UndefinedSymbol().Match(message) is { Success: true } symbol)
        {
            // A library that was changed in memory has a number for a name.
            var library = symbol.Groups["library"].Value;
            return new($"{(library.All(char.IsAsciiDigit) ? name : library)} does not fit the libtorch beside it, which lacks {symbol.Groups["symbol"].Value}",
                $"Reference TorchSharp {TorchRuntime.TorchSharpVersion.ToString(3)} and the libtorch of that version alone, delete bin and obj, and build again");
        }

        if (message.Contains("Error relocating", StringComparison.Ordinal) || message.Contains("Error loading shared library", StringComparison.Ordinal))
        {
            return new($"{name} needs the GNU C library, and this system has musl's", "Use a system that has it: Debian, Ubuntu, RHEL; not Alpine");
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
    /// <param name="path">The file.</param>
    /// <param name="processor">Whose, if that is known.</param>
    public static TorchNotLoadedException OtherProcessor(string path, string? processor = null) => new(
        $"{Path.GetFileName(path)} is made for another processor{(processor is null ? "" : $" ({processor})")} than this process is ({RuntimeInformation.ProcessArchitecture})",
        "Publish for this one: `dotnet publish -r` with linux-x64, win-x64, win-arm64 or osx-arm64");

    // By what a library's name begins with.
    private static string HowToGet(string library) => library switch
    {
        _ when library.StartsWith("libgomp.", StringComparison.Ordinal) => "Install it: `apt-get install libgomp1`, or `dnf install libgomp`",
        _ when library.StartsWith("libstdc++.", StringComparison.Ordinal) => "Install it: `apt-get install libstdc++6`, or `dnf install libstdc++`",
        _ when library.StartsWith("libcuda.", StringComparison.Ordinal) || library.StartsWith("libnvidia", StringComparison.Ordinal) =>
            "Install NVIDIA's driver, in a container start it with `--gpus all`, or build for the CPU: TorchSharp-cpu",
        _ when OfBundle().IsMatch(library) => "It belongs to libtorch's package: delete bin and obj, and build again",
        _ => "Install the package that holds it, for example with `apt-get install`, or `dnf install`",
    };

    // .NET's own message names the tried paths first, the loader's words stand in the lines behind it.
    private static string FirstLine(string message) => message.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).ElementAtOrDefault(1) ?? message;

    [GeneratedRegex(@"(?<library>[^/\s:]+): version [`'](?<version>[A-Z]+_[0-9.]+)' not found")]
    private static partial Regex MissingVersion();

    [GeneratedRegex(@"(?<library>[^/\s:]+): cannot open shared object file: No such file")]
    private static partial Regex MissingFile();

    [GeneratedRegex(@"(?<library>[^/\s:]+): undefined symbol: (?<symbol>\w+)")]
    private static partial Regex UndefinedSymbol();

    [GeneratedRegex("^lib(c10|torch|gomp-|cudart|cudnn|cublas|cufft|curand|cusolver|cusparse|nccl|nvrtc|nvToolsExt)")]
    private static partial Regex OfBundle();

    [GeneratedRegex(@"((?<path>[^\s:]+): )?(invalid ELF header|file too short|cannot read file data|no version information|bad image|not a mach-o)", RegexOptions.IgnoreCase)]
    private static partial Regex DamagedFile();
}

/// <summary>
/// What the beginning of a 64-bit ELF library says (System V ABI). Linux's loader maps a file that was cut off all the same, and the process ends with a bus error; one for
/// another processor it calls missing.
/// </summary>
internal static class ElfFile
{
    private const int HeaderSize = 64;
    private const int ProgramHeaderSize = 56;
    private const byte Is64Bit = 2;
    private const ushort X64 = 62;
    private const ushort Arm64 = 183;
    private const uint Loaded = 1;

    /// <summary>Why the library cannot be loaded on Linux on x64; null where nothing speaks against it, or the file cannot be read.</summary>
    public static TorchNotLoadedException? Problem(string path)
    {
        try
        {
            using var file = File.OpenHandle(path);
            Span<byte> header = stackalloc byte[HeaderSize];
            if (RandomAccess.Read(file, header, fileOffset: 0) < HeaderSize || !header.StartsWith("\u007fELF"u8))
            {
                return LoadFailure.Damaged(path);
            }

            var processor = ReadUInt16LittleEndian(header[18..]);
            return header[4] != Is64Bit || processor != X64 ? LoadFailure.OtherProcessor(path, processor == Arm64 ? nameof(Arm64) : null)
                : Length(file, header) > (ulong)RandomAccess.GetLength(file) ? LoadFailure.Damaged(path) : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    // Up to the end of the last part that is mapped.
    private static ulong Length(SafeFileHandle file, ReadOnlySpan<byte> header)
    {
        var (offset, count) = (ReadInt64LittleEndian(header[0x20..]), ReadUInt16LittleEndian(header[0x38..]));
        var table = new byte[count * ProgramHeaderSize];
        if (offset < 0 || RandomAccess.Read(file, table, offset) < table.Length)
        {
            return ulong.MaxValue;
        }

        var length = 0ul;
        foreach (var part in table.Chunk(ProgramHeaderSize).Where(part => ReadUInt32LittleEndian(part) == Loaded))
        {
            length = Math.Max(length, ReadUInt64LittleEndian(part.AsSpan(8)) + ReadUInt64LittleEndian(part.AsSpan(32)));
        }

        return length;
    }
}
