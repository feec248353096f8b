using System.Runtime.InteropServices;
using Inception.Loading;
using TorchSharp;
using Processor = System.Runtime.InteropServices.Architecture;

namespace Inception;

/// <summary>TorchSharp's native libraries. The library asks for them by itself before it computes anything; a program may ask at its start.</summary>
public static class TorchRuntime
{
    private const string Packages = "TorchSharp-cpu, or with an NVIDIA GPU TorchSharp-cuda-linux or TorchSharp-cuda-windows";
    private static readonly (string TorchSharp, string TorchCpu) Names = OperatingSystem.IsWindows() ? ("LibTorchSharp.dll", "torch_cpu.dll")
        : OperatingSystem.IsMacOS() ? ("libLibTorchSharp.dylib", "libtorch_cpu.dylib") : ("libLibTorchSharp.so", "libtorch_cpu.so");
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

        if (Foreseen() is { } hopeless)
        {
            throw hopeless;
        }

        var torchSharp = typeof(torch).Assembly;
        NativeLibrary.TryLoad("torch_cpu", torchSharp, null, out _);
        if (!NativeLibrary.TryLoad(NativeFiles.TorchSharp, torchSharp, null, out _) && Problem() is { } problem)
        {
            throw problem;
        }

        isLoaded = true;
    }

    private static TorchNotLoadedException? Foreseen() => ((string[])["libc10.so", Names.TorchCpu, "libtorch.so", Names.TorchSharp])
        .Select(NativeFiles.Find).OfType<string>().Select(LoadFailure.Foresee).FirstOrDefault(problem => problem is not null);

    // Null where TorchSharp may find it by itself: in the folder of packages of a notebook or a script.
    private static TorchNotLoadedException? Problem()
    {
        var platform = (RuntimeInformation.OSDescription, RuntimeInformation.ProcessArchitecture);
        if (!HasNativeLibrary())
        {
            return new($"TorchSharp has no native library for {platform.OSDescription} on {platform.ProcessArchitecture}",
                "Run it on Linux or Windows on x64, on Windows on Arm64, or on a Mac with Apple's processor");
        }

        if (NativeFiles.Find(Names.TorchCpu) is not { } found)
        {
            return MayLieAmongPackages() ? null : new("no libtorch lies beside the program", $"Add one package to the application, in TorchSharp's version {TorchSharpVersion.ToString(3)}: {Packages}");
        }

        if (NativeFiles.Find(Names.TorchSharp) is not { } path)
        {
            return new($"{Names.TorchSharp} does not lie beside the program", "Reference the package TorchSharp from the application");
        }

        return Reason(found) is { } ofLibtorch ? LoadFailure.Explain(found, ofLibtorch) : Reason(path) is { } ofTorchSharp ? LoadFailure.Explain(path, ofTorchSharp) : null;
    }

    private static bool HasNativeLibrary() => RuntimeInformation.ProcessArchitecture switch
    {
        Processor.X64 => OperatingSystem.IsLinux() || OperatingSystem.IsWindows(),
        Processor.Arm64 => OperatingSystem.IsWindows() || OperatingSystem.IsMacOS(),
        _ => false,
    };

    // As TorchSharp looks for it: copied from there into the program's folder where the application does not reference it.
    private static bool MayLieAmongPackages()
    {
        var packages = Environment.GetEnvironmentVariable("NUGET_PACKAGES") is { Length: > 0 } folder ? folder
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
        return Directory.Exists(packages) && Directory.EnumerateDirectories(packages, "libtorch-*").Any();
    }

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
            return e.Message;
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
