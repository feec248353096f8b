using System.Diagnostics;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;
using System.Text.Json;
using System.Text.RegularExpressions;
using Cifar10Training.Runs;
using Inception;
using Inception.Data;
using Inception.Training;
using TorchSharp;

namespace Cifar10Training.Doctor;

/// <summary>Looks at a machine: changes nothing on it, and asks nothing of the network.</summary>
internal static partial class Probes
{
    private const string DataVariable = "CIFAR10_DIR";
    private const string CacheOfRecords = "cifar-10-batches-bin";

    /// <summary>Everything about this machine.</summary>
    public static async Task<Machine> ReadAsync(CancellationToken cancellationToken)
    {
        var torch = ReadTorch(Path.Combine(AppContext.BaseDirectory, "cifar10.deps.json"));
        var given = Environment.GetEnvironmentVariable(DataVariable) is { Length: > 0 } folder ? folder : null;
        return new Machine
        {
            DotNet = $"{RuntimeInformation.FrameworkDescription}, {Shown(Path.TrimEndingDirectorySeparator(RuntimeEnvironment.GetRuntimeDirectory()))}",
            System = $"{RuntimeInformation.OSDescription}, {RuntimeInformation.ProcessArchitecture}",
            Processor = new(ProcessorInfo.Name(), ProcessorInfo.Cores(), Vectors(isTorchLoaded: torch.Loaded is not null),
                X86Base.IsSupported && !Avx2.IsSupported, HidesCaches("/"), Environment.GetEnvironmentVariable("OMP_NUM_THREADS")),
            Torch = torch,
            Nvidia = ReadNvidia("/", NativeLibrary.TryLoad(OperatingSystem.IsWindows() ? "nvcuda.dll" : "libcuda.so.1", out _), Environment.GetEnvironmentVariable("CUDA_VISIBLE_DEVICES")),
            Data = await ReadDataAsync(given ?? Cifar10Options.DefaultCacheFolder, given is not null, torch.Loaded is null ? null : Verify, cancellationToken),
            Memory = ReadMemory("/"),
            Runs = ReadDisk(Directory.GetCurrentDirectory()),
        };
    }

    /// <summary>TorchSharp, loaded if it can be.</summary>
    /// <param name="dependencies">The program's .deps.json, which names the packages that it was built with.</param>
    public static TorchFacts ReadTorch(string dependencies)
    {
        var packages = PackagesOf(dependencies);
        var version = TorchRuntime.TorchSharpVersion.ToString(3);
        try
        {
            var facts = MachineFacts.Prepare(threads: null);
            var modules = Process.GetCurrentProcess().Modules.Cast<ProcessModule>().Select(module => module.FileName).ToArray();
            string PathOf(string name) => modules.FirstOrDefault(path => Path.GetFileName(path).Contains(name, StringComparison.Ordinal)) is { } path
                ? path.StartsWith("/memfd:", StringComparison.Ordinal) ? "a copy in memory, since libstdc++ is older than GCC 13's" : Shown(path) : "an unknown place";
            var isForCuda = modules.Any(path => Path.GetFileName(path).Contains("torch_cuda", StringComparison.Ordinal));
            return new TorchFacts(version, packages, isForCuda, Loaded:
                new LoadedTorch(facts.Libtorch, PathOf("LibTorchSharp"), PathOf("torch_cpu."), torch.cuda.is_available() ? torch.cuda.device_count() : 0));
        }
        catch (TorchNotLoadedException e)
        {
            return new TorchFacts(version, packages, HasCuda: false, (e.Cause, e.Fix));
        }
        catch (Exception e) when (e is TypeInitializationException or DllNotFoundException or NotSupportedException or BadImageFormatException or EntryPointNotFoundException)
        {
            // TorchSharp's own search, of which the library knows nothing.
            return new TorchFacts(version, packages, HasCuda: false, (Commands.Failure.OneLine(e.GetBaseException().Message).TrimEnd('.'), "See docs/troubleshooting.md, TorchSharp does not load"));
        }
    }

    /// <summary>The packages of TorchSharp and libtorch that a .deps.json names.</summary>
    public static IReadOnlyList<string> PackagesOf(string dependencies)
    {
        if (!File.Exists(dependencies))
        {
            return [];
        }

        using var json = JsonDocument.Parse(File.ReadAllText(dependencies));
        return [.. json.RootElement.GetProperty("libraries").EnumerateObject().Select(library => library.Name.Replace('/', ' '))
            .Where(name => name.StartsWith("libtorch-", StringComparison.OrdinalIgnoreCase) || name.StartsWith("TorchSharp-", StringComparison.OrdinalIgnoreCase))];
    }

    /// <summary>NVIDIA's driver and GPUs as Linux shows them.</summary>
    /// <param name="root">The folder that stands for /.</param>
    /// <param name="hasLibrary">Whether the driver's library is found.</param>
    /// <param name="visible">CUDA_VISIBLE_DEVICES.</param>
    public static NvidiaFacts ReadNvidia(string root, bool hasLibrary, string? visible)
    {
        var driver = DriverVersion().Match(Text(Path.Combine(root, "proc/driver/nvidia/version")));
        string[] named = [.. Folders(Path.Combine(root, "proc/driver/nvidia/gpus")).Select(folder => GpuName().Match(Text(Path.Combine(folder, "information"))))
            .Where(match => match.Success).Select(match => match.Groups[1].Value.Trim())];

        // 0x10de is NVIDIA, and class 0x03 a display controller.
        var onBus = Folders(Path.Combine(root, "sys/bus/pci/devices"))
            .Where(device => Text(Path.Combine(device, "vendor")).Trim() == "0x10de" && Text(Path.Combine(device, "class")).StartsWith("0x03", StringComparison.Ordinal))
            .Select(device => $"the NVIDIA GPU at {Path.GetFileName(device)}");
        return new NvidiaFacts(driver.Success ? driver.Value : null, hasLibrary, named.Length > 0 ? named : [.. onBus], visible);
    }

    /// <summary>Whether a virtual machine shows no second-level cache; false where the system does not say.</summary>
    /// <param name="root">The folder that stands for /.</param>
    public static bool HidesCaches(string root) =>
        Folders(Path.Combine(root, "sys/devices/system/cpu/cpu0")).Length > 0 && X86Base.IsSupported
        && !Folders(Path.Combine(root, "sys/devices/system/cpu/cpu0/cache")).Any(cache => Text(Path.Combine(cache, "level")).Trim() == "2");

    /// <summary>The images in a folder.</summary>
    /// <param name="folder">The cache, or what the user named.</param>
    /// <param name="isGiven">Whether the user named it.</param>
    /// <param name="verify">Reads all of them and throws what is wrong; null where nothing can.</param>
    /// <param name="cancellationToken">Stops the reading.</param>
    public static async Task<DataFacts> ReadDataAsync(string folder, bool isGiven, Func<string, CancellationToken, Task>? verify, CancellationToken cancellationToken)
    {
        var disk = ReadDisk(folder);
        if (!isGiven && !Directory.Exists(Path.Combine(folder, CacheOfRecords)))
        {
            return new DataFacts(folder, isGiven, DataState.Empty, Problem: null, disk);
        }

        try
        {
            await (verify?.Invoke(folder, cancellationToken) ?? Task.CompletedTask);
            return new DataFacts(folder, isGiven, verify is null ? DataState.NotVerified : DataState.Verified, Problem: null, disk);
        }
        catch (DatasetException e)
        {
            // The reader's own words, without the advice around them; of sums the beginning is enough.
            var problem = Sum().Replace((e.InnerException as DatasetException ?? e).Message, "$1…").TrimEnd('.');
            return new DataFacts(folder, isGiven, DataState.Damaged, problem.StartsWith("it ", StringComparison.Ordinal) ? $"{folder}: {problem}" : problem, disk);
        }
    }

    /// <summary>A folder's disk, and whether it takes a file: a megabyte is written and deleted.</summary>
    /// <param name="folder">It need not exist; its nearest ancestor that does stands for it.</param>
    /// <param name="write">Writes the file of that path; null for doing it.</param>
    public static DiskFacts ReadDisk(string folder, Action<string>? write = null)
    {
        var existing = Path.GetFullPath(folder);
        while (!Directory.Exists(existing) && Path.GetDirectoryName(existing) is { } parent)
        {
            existing = parent;
        }

        var path = Path.Combine(existing, $".cifar10-doctor-{Environment.ProcessId}");
        try
        {
            (write ?? WriteMegabyte)(path);
            return new DiskFacts(Shown(folder), new DriveInfo(existing).AvailableFreeSpace);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new DiskFacts(Shown(folder), new DriveInfo(existing).AvailableFreeSpace, e.Message.Replace($" : '{path}'", "", StringComparison.Ordinal).TrimEnd('.'));
        }
    }

    /// <summary>Memory of the machine, or of the control group that this process is in.</summary>
    /// <param name="root">The folder that stands for /.</param>
    public static MemoryFacts ReadMemory(string root)
    {
        var lines = Text(Path.Combine(root, "proc/meminfo"));
        if (Number(lines, "MemAvailable:") is not { } free || Number(lines, "MemTotal:") is not { } total)
        {
            var memory = GC.GetGCMemoryInfo();
            return new MemoryFacts(memory.TotalAvailableMemoryBytes - memory.MemoryLoadBytes, memory.TotalAvailableMemoryBytes);
        }

        (free, total) = (free * 1024, total * 1024);
        var group = Path.Combine(root, "sys/fs/cgroup");
        if (long.TryParse(Text(Path.Combine(group, "memory.max")), out var limit) && long.TryParse(Text(Path.Combine(group, "memory.current")), out var used))
        {
            // Files that were read stay in the group's memory until something else needs it.
            var given = Number(Text(Path.Combine(group, "memory.stat")), "inactive_file") ?? 0;
            (free, total) = (Math.Min(free, limit - used + given), Math.Min(total, limit));
        }

        return new MemoryFacts(free, total);
    }

    /// <summary>A path with ~ for the user's folder.</summary>
    public static string Shown(string path)
    {
        var home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        return home.Length > 1 && path.StartsWith(home + Path.DirectorySeparatorChar, StringComparison.Ordinal) ? "~" + path[home.Length..] : path;
    }

    private static async Task Verify(string folder, CancellationToken cancellationToken)
    {
        using var images = await Cifar10.LoadAsync(new Cifar10Options { Folder = folder, AllowDownload = false }, cancellationToken: cancellationToken);
    }

    private static string Vectors(bool isTorchLoaded)
    {
        var widest = Avx512F.IsSupported ? "AVX-512, 512 bits" : Avx2.IsSupported ? "AVX2, 256 bits" : X86Base.IsSupported ? "SSE, 128 bits" : AdvSimd.IsSupported ? "NEON, 128 bits" : "none";
        var bfloat16 = isTorchLoaded && Precision.BFloat16.IsAcceleratedOn(torch.CPU) ? "; bfloat16" : "";
        return $"{widest}{bfloat16}; Vector<T> of .NET {Vector<byte>.Count * 8} bits";
    }

    private static void WriteMegabyte(string path)
    {
        using var file = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0, FileOptions.DeleteOnClose);
        file.Write(new byte[1 << 20]);
    }

    private static string[] Folders(string path) => Directory.Exists(path) ? Directory.GetDirectories(path) : [];

    private static string Text(string path)
    {
        try
        {
            return File.Exists(path) ? File.ReadAllText(path) : "";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    private static long? Number(string lines, string name) =>
        lines.Split('\n').Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)).FirstOrDefault(parts => parts.Length > 1 && parts[0] == name) is { } found
            && long.TryParse(found[1], out var number) ? number : null;

    [GeneratedRegex(@"\b\d{3,}\.\d+(\.\d+)?\b")]
    private static partial Regex DriverVersion();

    [GeneratedRegex("Model:(.*)")]
    private static partial Regex GpuName();

    [GeneratedRegex("([0-9a-f]{8})[0-9a-f]{56}")]
    private static partial Regex Sum();
}
