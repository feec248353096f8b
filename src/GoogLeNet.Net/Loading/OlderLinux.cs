using System.Reflection;
using System.Runtime.InteropServices;
using System.Runtime.Loader;
using Microsoft.Win32.SafeHandles;

namespace Inception.Loading;

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
    private static readonly HashSet<AssemblyLoadContext> Registered = [];
    private static readonly Lazy<nint> Copy = new(LoadCopy);

    /// <summary>Has a context ask here for what it does not find. More than once is as once.</summary>
    public static void Register(AssemblyLoadContext context)
    {
        if (!OperatingSystem.IsLinux() || (AppContext.TryGetSwitch(Switch, out var isOn) && !isOn))
        {
            return;
        }

        lock (Registered)
        {
            if (Registered.Add(context))
            {
                context.ResolvingUnmanagedDll += Resolve;
            }
        }
    }

    private static nint Resolve(Assembly assembly, string name) => name == NativeFiles.TorchSharp ? Copy.Value : 0;

    // 0 where this is not why it does not load.
    private static nint LoadCopy()
    {
        if (NativeFiles.Find("libLibTorchSharp.so") is not { } path)
        {
            return 0;
        }

        var bytes = File.ReadAllBytes(path);
        if (!ElfVersions.Relax(bytes, Version, UnusedSymbol) || !Needed.All(name => IsLoaded(Path.GetDirectoryName(path)!, name)))
        {
            return 0;
        }

        using var memory = new SafeFileHandle(memfd_create(Path.GetFileName(path), CloseOnExec), ownsHandle: true);
        if (memory.IsInvalid)
        {
            return 0;
        }

        RandomAccess.Write(memory, bytes, fileOffset: 0);
        return NativeLibrary.TryLoad($"/proc/self/fd/{memory.DangerousGetHandle()}", out var handle) ? handle : 0;
    }

    // From the folder, or where the system finds it (LD_LIBRARY_PATH).
    private static bool IsLoaded(string folder, string name) => NativeLibrary.TryLoad(Path.Combine(folder, name), out _) || NativeLibrary.TryLoad(name, out _);

    [DllImport("libc.so.6", BestFitMapping = false, ThrowOnUnmappableChar = true)]
    private static extern int memfd_create([MarshalAs(UnmanagedType.LPStr)] string name, uint flags);
}
