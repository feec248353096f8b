using System.Diagnostics;
using Benchmarks.Plain;

namespace Benchmarks.Peers;

/// <summary>The command lines of those who take part in a race, ours first.</summary>
internal static class PeerPrograms
{
    private const string OnnxPackage = "onnxruntime-node@1.20.1";
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "peers");
    private static readonly string Cache = Path.Combine(Path.GetTempPath(), "googlenet-net-peers");
    private static readonly Lazy<string?> Model = new(ExportModel);

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

        if (options.Peers.Contains("onnx") && work is { Kind: "inference", Device: "cpu" } && Model.Value is { } model)
        {
            yield return ("ONNX Runtime", ["node", Path.Combine(Cache, "onnx.mjs"), work.ToJson(), model]);
        }
    }

    // Under `dotnet benchmarks.dll` the process is dotnet.
    private static string[] Self()
    {
        var program = Environment.ProcessPath!;
        return Path.GetFileNameWithoutExtension(program) == "dotnet" ? [program, Path.Combine(AppContext.BaseDirectory, "benchmarks.dll")] : [program];
    }

    /// <summary>torchvision's network as an ONNX file, and ONNX Runtime for Node beside it; null with a line that says why not.</summary>
    private static string? ExportModel()
    {
        Directory.CreateDirectory(Cache);
        var model = Path.Combine(Cache, "googlenet-any-size.onnx");
        File.Copy(Path.Combine(Folder, "onnx.mjs"), Path.Combine(Cache, "onnx.mjs"), overwrite: true);
        if (!File.Exists(model) && Fails(Python, Path.Combine(Folder, "worker.py"), "--export", model))
        {
            Console.Error.WriteLine("  without ONNX Runtime: its model file could not be exported by PyTorch");
            return null;
        }

        if (!Directory.Exists(Path.Combine(Cache, "node_modules", "onnxruntime-node"))
            && Fails("npm", "install", "--silent", "--ignore-scripts", "--prefix", Cache, OnnxPackage))
        {
            Console.Error.WriteLine($"  without ONNX Runtime: npm install --ignore-scripts {OnnxPackage} failed");
            return null;
        }

        return model;
    }

    private static bool Fails(string program, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true })!;
            process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode != 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return true;
        }
    }
}
