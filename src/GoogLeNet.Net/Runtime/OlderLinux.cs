using System.Reflection;
using System.Runtime.InteropServices;
using System.Runtime.Loader;
using System.Text;
using Microsoft.Win32.SafeHandles;
using static System.Buffers.Binary.BinaryPrimitives;

namespace Inception.Runtime;

/// <summary>
/// Loads TorchSharp's native library on Linux systems whose libstdc++ is older than GCC 13's (Debian 12, Ubuntu 22.04). Version 0.107 of it says that it requires
/// GLIBCXX_3.4.32, for one symbol that nothing calls. Where the ordinary load has failed, and only there, a copy in memory that does not insist on that version is loaded instead.
/// No file is changed.
/// </summary>
internal static class OlderLinux
{
    private const string Version = "GLIBCXX_3.4.32";
    private const string UnusedSymbol = "_ZSt21ios_base_library_initv";
    private const string Switch = "GoogLeNet.Net.TorchSharpOnOlderLinux";
    private const uint CloseOnExec = 1;

    // Where they are loaded already, the copy finds them by their names: it has no folder of its own to look in.
    private static readonly string[] Needed = ["libc10.so", "libtorch_cpu.so", "libtorch.so"];
    private static readonly Lazy<nint> Copy = new(LoadCopy);

    /// <summary>Why the copy did not load, in the loader's words; null where it did, or was not tried.</summary>
    public static string? Problem { get; private set; }

    /// <summary>Has a context ask here for what it does not find.</summary>
    public static void Register(AssemblyLoadContext context)
    {
        if (OperatingSystem.IsLinux() && !(AppContext.TryGetSwitch(Switch, out var isOn) && !isOn))
        {
            context.ResolvingUnmanagedDll += Resolve;
        }
    }

    private static nint Resolve(Assembly assembly, string name) => name == NativeFiles.TorchSharp ? Copy.Value : 0;

    // 0 where this is not why it does not load.
    private static nint LoadCopy()
    {
        try
        {
            return NativeFiles.Find("libLibTorchSharp.so") is { } path && File.ReadAllBytes(path) is var bytes && ElfVersions.Relax(bytes, Version, UnusedSymbol) ? Load(path, bytes) : 0;
        }
        catch (Exception e) when (e is DllNotFoundException or BadImageFormatException or IOException or UnauthorizedAccessException)
        {
            Problem = e.Message;
            return 0;
        }
    }

    private static nint Load(string path, byte[] bytes)
    {
        // Where the program brings libtorch, never a part of it from the system: two versions in one process end it. Where it brings none, LD_LIBRARY_PATH may lead to one.
        var isBrought = NativeFiles.Find("libtorch_cpu.so") is not null;
        foreach (var name in Needed)
        {
            NativeLibrary.Load(NativeFiles.Find(name) ?? (isBrought ? Path.Combine(Path.GetDirectoryName(path)!, name) : name));
        }

        using var memory = new SafeFileHandle(memfd_create(Path.GetFileName(path), CloseOnExec), ownsHandle: true);
        if (memory.IsInvalid)
        {
            throw new IOException(Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError()));
        }

        RandomAccess.Write(memory, bytes, fileOffset: 0);
        return NativeLibrary.Load($"/proc/self/fd/{memory.DangerousGetHandle()}");
    }

    [DllImport(NativeFiles.GnuLibrary, SetLastError = true, BestFitMapping = false, ThrowOnUnmappableChar = true)]
    private static extern int memfd_create([MarshalAs(UnmanagedType.LPStr)] string name, uint flags);
}

/// <summary>The versions of other libraries that a 64-bit ELF library needs (System V ABI, and the symbol versioning of the LSB: .gnu.version, .gnu.version_r).</summary>
internal static class ElfVersions
{
    private const uint DynamicSymbols = 11;
    private const uint VersionNeeds = 0x6ffffffe;
    private const uint VersionOfSymbols = 0x6fffffff;
    private const int SymbolSize = 24;
    private const ushort Weak = 2;

    /// <summary>Marks a version that a library needs as weak: the loader goes on where it is missing. Only if one symbol alone is of that version.</summary>
    /// <param name="library">The whole file; one number of it changes.</param>
    /// <param name="version">For example GLIBCXX_3.4.32.</param>
    /// <param name="onlySymbol">The symbol that may be missing.</param>
    /// <returns>Whether it did; false, and nothing changed, for anything else than such a library.</returns>
    public static bool Relax(Span<byte> library, string version, string onlySymbol)
    {
        try
        {
            if (!library.StartsWith("\u007fELF\u0002\u0001"u8)
                || Find(library, VersionNeeds) is not { } needs || Find(library, VersionOfSymbols) is not { } versions || Find(library, DynamicSymbols) is not { } symbols)
            {
                return false;
            }

            var at = NeedOf(library, needs, version);
            if (at < 0 || ReadUInt16LittleEndian(library[(at + 4)..]) != 0 || SymbolsOf(library, ReadUInt16LittleEndian(library[(at + 6)..]), versions, symbols) is not [var symbol] || symbol != onlySymbol)
            {
                return false;
            }

            WriteUInt16LittleEndian(library[(at + 4)..], Weak);
            return true;
        }
        catch (Exception e) when (e is ArgumentException or IndexOutOfRangeException or OverflowException)
        {
            return false; // Offsets that lead out of the file.
        }
    }

    // Where the entry of a version begins: hash (4), flags (2), number (2), name (4), distance to the next (4).
    private static int NeedOf(ReadOnlySpan<byte> library, Section needs, string version)
    {
        var names = At(library, needs.Link);
        for (int need = needs.Offset, next = need; next >= 0; need = next)
        {
            for (int entry = Next(library, need, 8), other = entry; other >= 0; entry = other)
            {
                if (Text(library, names.Offset + Int32(library, entry + 8)) == version)
                {
                    return entry;
                }

                other = Next(library, entry, 12);
            }

            next = Next(library, need, 12);
        }

        return -1;
    }

    // Where the distance at that field leads, or -1: the last has none. Only ahead, so that a damaged file is not walked in a circle.
    private static int Next(ReadOnlySpan<byte> library, int from, int field) => Int32(library, from + field) is > 0 and var distance ? from + distance : -1;

    private static List<string> SymbolsOf(ReadOnlySpan<byte> library, ushort version, Section versions, Section symbols)
    {
        var (names, found) = (At(library, symbols.Link), new List<string>());
        for (var i = 0; i < symbols.Size / SymbolSize; i++)
        {
            if ((ReadUInt16LittleEndian(library[(versions.Offset + (2 * i))..]) & 0x7fff) == version)
            {
                found.Add(Text(library, names.Offset + Int32(library, symbols.Offset + (SymbolSize * i))));
            }
        }

        return found;
    }

    private static Section? Find(ReadOnlySpan<byte> library, uint type)
    {
        for (var i = 0; i < ReadUInt16LittleEndian(library[0x3c..]); i++)
        {
            if (At(library, i) is var section && section.Type == type)
            {
                return section;
            }
        }

        return null;
    }

    private static Section At(ReadOnlySpan<byte> library, int index)
    {
        var header = library[checked((int)ReadUInt64LittleEndian(library[0x28..]) + (index * ReadUInt16LittleEndian(library[0x3a..])))..];
        return new Section(
            ReadUInt32LittleEndian(header[4..]), checked((int)ReadUInt64LittleEndian(header[0x18..])), checked((int)ReadUInt64LittleEndian(header[0x20..])), Int32(header, 0x28), Int32(header, 0x2c));
    }

    private static int Int32(ReadOnlySpan<byte> bytes, int at) => ReadInt32LittleEndian(bytes[at..]);

    private static string Text(ReadOnlySpan<byte> library, int at) => Encoding.ASCII.GetString(library[at..][..library[at..].IndexOf((byte)0)]);

    private readonly record struct Section(uint Type, int Offset, int Size, int Link, int Info);
}
