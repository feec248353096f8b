using Inception;
using Inception.Interop;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Benchmarks.Peers;

/// <summary>ONNX Runtime's side of a race, on a file of ours: inference on a CPU.</summary>
internal static class OnnxWorker
{
    /// <summary>Writes the network of a work, with weights drawn at random, for <see cref="Run"/>. It is as fast there as the file that PyTorch exports.</summary>
    public static void Export(Work work, string path)
    {
        using var network = GoogLeNet.Create(numClasses: 1000, GoogLeNetSpec.FromName(work.Spec).WithWidth(work.Width));
        network.eval();
        network.ExportOnnx(path, new OnnxOptions { Height = work.Size, Width = work.Size });
    }

    /// <summary>Takes part until its input ends.</summary>
    public static void Run(string json, string model)
    {
        var work = Work.Parse(json);
        using var options = new SessionOptions { IntraOpNumThreads = work.Threads };
        using var session = new InferenceSession(model, options);
        var pixels = new float[work.Batch * 3 * work.Size * work.Size];
        var random = new Random(0);
        foreach (ref var pixel in pixels.AsSpan())
        {
            pixel = random.NextSingle();
        }

        NamedOnnxValue[] images = [NamedOnnxValue.CreateFromTensor("images", new DenseTensor<float>(pixels, [work.Batch, 3, work.Size, work.Size]))];
        Side.Follow($"ONNX Runtime {OrtEnv.Instance().GetVersionString()}", () => session.Run(images).Dispose());
    }
}
