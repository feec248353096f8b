using System.Reflection;
using System.Runtime.InteropServices;
using System.Runtime.Loader;
using Microsoft.Win32.SafeHandles;

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
