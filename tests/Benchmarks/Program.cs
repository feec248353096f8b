using Benchmarks;
using Benchmarks.Parts;
using Benchmarks.Peers;
using Benchmarks.Plain;

// benchmarks parts [BenchmarkDotNet's arguments]     the library's parts by themselves, all without a filter
// benchmarks peers [training|inference|scaling|gpu]  against plain TorchSharp, PyTorch and ONNX Runtime, in turns
return args switch
{
    ["worker", var work] => Run(() => Worker.Run(work)),
    ["plain", var work, var layout] => Run(() => PlainWorker.Run(work, layout)),
    ["onnx", var work, var model] => Run(() => OnnxWorker.Run(work, model)),
    ["peers", .. var options] => Run(() => PeerBenchmarks.Run(PeerOptions.Parse(options))),
    ["parts", .. var options] => Run(() => PartRunner.Run(options)),
    _ => Usage(),
};

static int Run(Action action)
{
    try
    {
        action();
        return 0;
    }
    catch (Exception e) when (e is ArgumentException or InvalidOperationException)
    {
        Console.Error.WriteLine($"benchmarks: {e.Message}");
        return 2;
    }
}

static int Usage()
{
    Console.Error.WriteLine("benchmarks: parts [options of BenchmarkDotNet] | peers [training inference scaling gpu] [--peers torchsharp,pytorch,onnx] [--device cpu|cuda] [--threads N] [--repetitions N] [--quick] [--markdown FILE]");
    return 2;
}
