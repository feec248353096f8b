using System.Diagnostics;
using System.Reflection;
using System.Runtime.InteropServices;
using TorchSharp;

namespace Cifar10Training.Runs;

/// <summary>What a run's speed depends on besides its recipe.</summary>
/// <param name="Engine">TorchSharp or System (docs/engines.md).</param>
/// <param name="EngineVersion">Version of the managed assembly.</param>
/// <param name="Libtorch">The libtorch library in this process, with its version where the file's name tells; "unknown" otherwise.</param>
/// <param name="Library">Version of GoogLeNet.Net.</param>
/// <param name="DotNet">The runtime.</param>
/// <param name="OperatingSystem">Name and architecture.</param>
/// <param name="Processor">The processor's name.</param>
/// <param name="Cores">Cores that this process may use.</param>
/// <param name="Threads">Threads that libtorch computes with.</param>
internal sealed record MachineFacts(
    string Engine, string EngineVersion, string Libtorch, string Library, string DotNet, string OperatingSystem, string Processor, int Cores, int Threads)
{
    /// <summary>Sets libtorch's threads, since some builds of it start with one, and says what the machine is.</summary>
    /// <param name="threads">Threads to compute with; null for OMP_NUM_THREADS where it is set, else one on each core.</param>
    public static MachineFacts Prepare(int? threads)
    {
        var cores = ProcessorInfo.Cores();
        torch.set_num_threads(threads ?? (int.TryParse(Environment.GetEnvironmentVariable("OMP_NUM_THREADS"), out var wish) && wish > 0 ? wish : cores));
        var engine = typeof(torch).Assembly;
        return new MachineFacts(
            engine.GetName().Name == "TorchSharp" ? "TorchSharp" : "System",
            VersionOf(engine),
            LoadedLibtorch(),
            VersionOf(typeof(Inception.GoogLeNet).Assembly),
            RuntimeInformation.FrameworkDescription,
            $"{RuntimeInformation.OSDescription}, {RuntimeInformation.OSArchitecture}",
            ProcessorInfo.Name(),
            cores,
            torch.get_num_threads());
    }

    private static string VersionOf(Assembly assembly) =>
        (assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? $"{assembly.GetName().Version}").Split('+')[0];

    private static string LoadedLibtorch()
    {
        using var process = Process.GetCurrentProcess();
        var file = process.Modules.Cast<ProcessModule>().Select(module => module.FileName)
            .FirstOrDefault(path => Path.GetFileName(path).Contains("torch_cpu.", StringComparison.Ordinal));
        return file is null ? "unknown" : Path.GetFileName(File.ResolveLinkTarget(file, returnFinalTarget: true)?.FullName ?? file);
    }
}
