using System.Globalization;
using Cifar10Training.Commands;
using Inception;
using TorchSharp;

namespace Cifar10Training.Runs;

/// <summary>What <c>--device</c> names.</summary>
internal static class DeviceChoice
{
    /// <summary>What is wrong with the text, or null where it is cpu, cuda or cuda:i.</summary>
    public static string? Check(string text) =>
        text is "cpu" or "cuda" || IndexOf(text) is not null ? null : $"--device is '{text}'; it must be cpu, cuda or cuda:i with i from 0.";

    /// <summary>The device to use: the one named, else the first GPU, else the CPU.</summary>
    /// <exception cref="RunException">A GPU is named that is not there.</exception>
    public static string Resolve(string? text)
    {
        if (text == "cpu")
        {
            return text;
        }

        TorchRuntime.EnsureLoaded();
        var gpus = torch.cuda.is_available() ? torch.cuda.device_count() : 0;
        if (text is null)
        {
            return gpus > 0 ? "cuda" : "cpu";
        }

        return (IndexOf(text) ?? 0) < gpus ? text : throw new RunException(gpus == 0
            ? $"--device {text}: libtorch finds no GPU here; use --device cpu."
            : $"--device {text}: there {(gpus == 1 ? "is 1 GPU, cuda:0" : $"are {gpus} GPUs, cuda:0 to cuda:{gpus - 1}")}.");
    }

    /// <summary>The device of one of several processes on a machine: "cuda" is the first GPU for the first, the second for the second, and so on, from the first again where there are fewer.</summary>
    public static string OfProcess(string device, int localRank) => device == "cuda" && localRank > 0 ? $"cuda:{localRank % torch.cuda.device_count()}" : device;

    private static int? IndexOf(string text) =>
        text.StartsWith("cuda:", StringComparison.Ordinal)
        && int.TryParse(text.AsSpan(5), NumberStyles.None, CultureInfo.InvariantCulture, out var index) ? index : null;
}
