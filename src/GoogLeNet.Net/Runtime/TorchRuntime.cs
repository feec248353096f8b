using System.Runtime.InteropServices;
using Inception.Runtime;
using TorchSharp;
using Processor = System.Runtime.InteropServices.Architecture;

namespace Inception;

/// <summary>TorchSharp's native libraries. <c>GoogLeNet.Create</c> and <c>Load</c>, data sets and pictures ask for them by themselves; a program may ask at its start.</summary>
public static class TorchRuntime
{
    private const string Packages = "TorchSharp-cpu, or with an NVIDIA GPU TorchSharp-cuda-linux or TorchSharp-cuda-windows";
    private static readonly (string TorchSharp, string TorchCpu) Names = OperatingSystem.IsWindows() ? ("LibTorchSharp.dll", "torch_cpu.dll")
        : OperatingSystem.IsMacOS() ? ("libLibTorchSharp.dylib", "libtorch_cpu.dylib") : ("libLibTorchSharp.so", "libtorch_cpu.so");
    private static readonly string[] LinuxLibraries = ["libc10.so", "libtorch_cpu.so", "libtorch_cuda.so", "libtorch.so", "libLibTorchSharp.so"];
    private static bool isLoaded;

    /// <summary>The version of TorchSharp that the library is built against.</summary>
    public static Version TorchSharpVersion { get; } = typeof(torch).Assembly.GetName().Version!;

    /// <summary>Loads TorchSharp's native libraries, if they are not loaded yet.</summary>
    /// <exception cref="TorchNotLoadedException">They do not load; the message says why, and what to do.</exception>
    public static void EnsureLoaded()
    {
        if (isLoaded)
        {
            return;
        }

        if (Broken() is { } broken)
        {
            throw broken;
        }

        var torchSharp = typeof(torch).Assembly;

        // One that lies beside the program, or none: with the system's in its place two versions would meet.
        var beside = NativeFiles.Find(Names.TorchCpu);
        if (HasNativeLibrary() && beside is not null && Reason(beside) is { } reason)
        {
            throw LoadFailure.Explain(beside, reason);
        }

        var hasLibtorch = beside is not null || NativeLibrary.TryLoad("torch_cpu", torchSharp, null, out _);
        if (!NativeLibrary.TryLoad(NativeFiles.TorchSharp, torchSharp, null, out _))
        {
            if (IsInPackageFolder(torchSharp.Location))
            {
                LoadFromPackages();
            }
            else if (Problem(hasLibtorch) is { } problem)
            {
                throw problem;
            }
        }

        isLoaded = true;
    }

    // Before the loader has a look: it ends the process at some of these.
    private static TorchNotLoadedException? Broken() => OperatingSystem.IsLinux() && HasNativeLibrary()
        ? LinuxLibraries.Select(NativeFiles.Find).OfType<string>().Select(ElfFile.Problem).FirstOrDefault(problem => problem is not null) : null;

    private static TorchNotLoadedException? Problem(bool hasLibtorch)
    {
        if (!HasNativeLibrary())
        {
            return new($"TorchSharp has no native library for {RuntimeInformation.OSDescription} on {RuntimeInformation.ProcessArchitecture}",
                "Run it on Linux or Windows on x64, on Windows on Arm64, or on a Mac with Apple's processor");
        }

        if (NativeFiles.Find(Names.TorchSharp) is not { } path)
        {
            return new($"{Names.TorchSharp} does not lie beside the program", "Reference the package TorchSharp from the application");
        }

        // TorchSharp itself would look for libtorch in the NuGet cache and copy it beside the program: that works only where some other project has restored it.
        if (NativeFiles.Find(Names.TorchCpu) is null)
        {
            var theSystems = hasLibtorch && Reason(path) is { } reason ? $", and with the system's {LoadFailure.Explain(path, reason).Cause}" : "";
            return new($"no libtorch lies beside the program{theSystems}", $"Add one package to the application, in TorchSharp's version {TorchSharpVersion.ToString(3)}: {Packages}");
        }

        return Reason(path) is { } ofTorchSharp ? LoadFailure.Explain(path, ofTorchSharp) : null;
    }

    // In notebooks and scripts: TorchSharp puts its libraries together from their packages.
    private static bool IsInPackageFolder(string assembly) =>
        assembly.Split(Path.DirectorySeparatorChar) is [.., "torchsharp", _, "lib", _, _];

    private static void LoadFromPackages()
    {
        try
        {
            torch.InitializeDeviceType(DeviceType.CPU);
        }
        catch (Exception e) when (e is NotSupportedException or TypeInitializationException)
        {
            throw new TorchNotLoadedException("TorchSharp found no libtorch among the packages, or it does not load", $"Reference one package: {Packages}");
        }
    }

    private static bool HasNativeLibrary() => RuntimeInformation.ProcessArchitecture switch
    {
        Processor.X64 => OperatingSystem.IsLinux() || OperatingSystem.IsWindows(),
        Processor.Arm64 => OperatingSystem.IsWindows() || OperatingSystem.IsMacOS(),
        _ => false,
    };

    // What the system's loader says; null where it loads.
    private static string? Reason(string path)
    {
        try
        {
            NativeLibrary.Load(path);
            return null;
        }
        catch (Exception e) when (e is DllNotFoundException or BadImageFormatException)
        {
            return Path.GetFileNameWithoutExtension(path).EndsWith(NativeFiles.TorchSharp, StringComparison.Ordinal) ? OlderLinux.Problem ?? e.Message : e.Message;
        }
    }
}

/// <summary>TorchSharp's native libraries do not load.</summary>
public sealed class TorchNotLoadedException : DllNotFoundException
{
    internal TorchNotLoadedException(string cause, string fix)
        : base($"TorchSharp does not load: {cause}. {fix}. For a look at the whole machine run `cifar10 doctor` of GoogLeNet.Net's repository.") => (Cause, Fix) = (cause, fix);

    /// <summary>Why, in one line without a full stop.</summary>
    public string Cause { get; }

    /// <summary>What to do about it, likewise.</summary>
    public string Fix { get; }
}
