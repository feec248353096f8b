using System.Reflection;
using System.Runtime.InteropServices;
using System.Text.Json.Serialization;
using Inception;
using TorchSharp;

namespace Cifar10Training.Runs;

/// <summary>What a run's speed depends on besides its recipe.</summary>
/// <param name="Libtorch">Version of the libtorch that TorchSharp is built for.</param>
/// <param name="Library">Version of GoogLeNet.Net.</param>
/// <param name="DotNet">The runtime.</param>
/// <param name="OperatingSystem">Name and architecture.</param>
/// <param name="Processor">The processor's name.</param>
/// <param name="Cores">Cores that this process may use.</param>
/// <param name="Threads">Threads that libtorch computes with.</param>
/// <param name="TorchSharp">TorchSharp's version; runs of before there was only one torch do not say it.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Skip)]
internal sealed record MachineFacts(
    string Libtorch, string Library, string DotNet, string OperatingSystem, string Processor, int Cores, int Threads, string TorchSharp = "")
{
    /// <summary>Sets libtorch's threads, since some builds of it start with one, and says what the machine is.</summary>
    /// <exception cref="TorchNotLoadedException">TorchSharp does not load.</exception>
    /// <param name="threads">Threads to compute with; null for OMP_NUM_THREADS where it is set, else one on each core.</param>
    /// <param name="processes">Processes on this machine that train together and share its cores.</param>
    public static MachineFacts Prepare(int? threads, int processes = 1)
    {
        TorchRuntime.EnsureLoaded();
        var cores = ProcessorInfo.Cores();
        torch.set_num_threads(threads ?? (int.TryParse(Environment.GetEnvironmentVariable("OMP_NUM_THREADS"), out var wish) && wish > 0 ? wish : Math.Max(1, cores / processes)));
        return new MachineFacts(
            torch.__version__,
            LibraryVersion(),
            RuntimeInformation.FrameworkDescription,
            $"{RuntimeInformation.OSDescription}, {RuntimeInformation.OSArchitecture}",
            ProcessorInfo.Name(),
            cores,
            torch.get_num_threads(),
            TorchRuntime.TorchSharpVersion.ToString(3));
    }

    private static string LibraryVersion() => typeof(GoogLeNet).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];
}
