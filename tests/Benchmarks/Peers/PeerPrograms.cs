using Benchmarks.Plain;

namespace Benchmarks.Peers;

/// <summary>The command lines of those who take part in a race, ours first.</summary>
internal static class PeerPrograms
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "peers");

    /// <summary>Debian's Python unless PEER_PYTHON names another: it must have torch and torchvision.</summary>
    private static string Python => Environment.GetEnvironmentVariable("PEER_PYTHON") ?? (File.Exists("/usr/bin/python3") ? "/usr/bin/python3" : "python3");

    public static IEnumerable<(string Name, IReadOnlyList<string> Command)> For(string group, Work work, PeerOptions options)
    {
        yield return ("GoogLeNet.Net", [.. Self(), "worker", work.ToJson()]);
        if (options.Peers.Contains("torchsharp") && PlainWorker.Takes(work))
        {
            yield return ("TorchSharp, channels last", [.. Self(), "plain", work.ToJson(), "channels_last"]);
            if (group is "training" or "inference")
            {
                yield return ("TorchSharp, default layout", [.. Self(), "plain", work.ToJson(), "contiguous"]);
            }
        }

        if (options.Peers.Contains("pytorch"))
        {
            yield return ("PyTorch, channels_last", [Python, Path.Combine(Folder, "worker.py"), work.ToJson(), "channels_last"]);
            if (work is { Kind: "training", Batch: 16, Size: 224 } or { Kind: "inference" })
            {
                yield return ("PyTorch, default layout", [Python, Path.Combine(Folder, "worker.py"), work.ToJson(), "contiguous"]);
            }
        }

        if (options.Peers.Contains("onnx") && work is { Kind: "inference", Device: "cpu" })
        {
            yield return ("ONNX Runtime", [.. Self(), "onnx", work.ToJson(), Exported(work)]);
        }
    }

    // Under `dotnet benchmarks.dll` the process is dotnet.
    private static string[] Self()
    {
        var program = Environment.ProcessPath!;
        return Path.GetFileNameWithoutExtension(program) == "dotnet" ? [program, Path.Combine(AppContext.BaseDirectory, "benchmarks.dll")] : [program];
    }

    // In the folder of temporary files, where the next race writes over it.
    private static string Exported(Work work)
    {
        var model = Path.Combine(Path.GetTempPath(), $"benchmarks-{work.Spec}-{work.Width}-{work.Size}.onnx");
        OnnxWorker.Export(work, model);
        return model;
    }
}
