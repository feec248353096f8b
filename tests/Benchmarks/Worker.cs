using System.Diagnostics;
using System.Globalization;
using Inception;
using Inception.Architecture;
using Inception.Kernels;
using Inception.Training;
using Inception.Training.Optimizers;
using TorchSharp;
using static TorchSharp.torch;

namespace Benchmarks;

/// <summary>
/// Our side of a race, a process of its own: says that it is ready and on what, does as many batches as each line of its input says and answers
/// with the seconds they took, and at the input's end with its peak memory. peers/worker.py and peers/onnx.mjs speak the same.
/// </summary>
internal sealed class Worker : IDisposable
{
    private readonly Work work;
    private readonly GoogLeNet network;
    private readonly Tensor images;
    private readonly Tensor labels;
    private readonly FlatParameters? parameters;
    private readonly FlatOptimizer? optimizer;

    public Worker(Work work)
    {
        this.work = work;
        set_num_threads(work.Threads);
        var spec = GoogLeNetSpec.FromName(work.Spec).WithWidth(work.Width);
        var classes = work.Spec == "torchvision" ? 1000 : 10;
        var target = torch.device(work.Device);
        var created = GoogLeNet.Create(classes, spec).to(target);
        images = ChannelsLast(rand(work.Batch, 3, work.Size, work.Size, device: target)).DetachFromDisposeScope();
        labels = randint(classes, [work.Batch], device: target).DetachFromDisposeScope();
        if (work.Kind == "training")
        {
            network = created;
            network.train();
            var options = new SgdOptions { Momentum = 0.9 };
            parameters = new FlatParameters(network, options.Groups, Format);
            optimizer = options.Create(parameters);
        }
        else
        {
            network = spec.Blocks.Normalization == Normalization.BatchNorm ? created.FoldBatchNorm() : created.WithoutAuxiliaries();
            created.Dispose();
        }
    }

    private Precision Format => work.Precision == "bf16" ? Precision.BFloat16 : Precision.Float32;

    /// <summary>Follows the lines of its input to their end.</summary>
    public static void Run(string json)
    {
        using var memory = HostMemory.Keep();
        using var worker = new Worker(Work.Parse(json));
        Say($"ready GoogLeNet.Net, TorchSharp {TorchRuntime.TorchSharpVersion.ToString(3)}, .NET {Environment.Version}");
        while (Console.ReadLine() is { } line)
        {
            Say(worker.Seconds(int.Parse(line, CultureInfo.InvariantCulture)).ToString("R", CultureInfo.InvariantCulture));
        }

        Say(PeakMebibytes().ToString(CultureInfo.InvariantCulture));
    }

    /// <summary>The largest memory that this process has had, in MiB; 0 where the system does not tell.</summary>
    public static long PeakMebibytes()
    {
        const string status = "/proc/self/status";
        var line = File.Exists(status) ? File.ReadLines(status).FirstOrDefault(line => line.StartsWith("VmHWM:", StringComparison.Ordinal)) : null;
        return line is null ? 0 : long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2], CultureInfo.InvariantCulture) / 1024;
    }

    public double Seconds(int batches)
    {
        Synchronize();
        var began = Stopwatch.GetTimestamp();
        for (var i = 0; i < batches; i++)
        {
            using var scope = NewDisposeScope();
            if (work.Kind == "training")
            {
                Train();
            }
            else
            {
                using var mode = inference_mode();
                network.Forward(images, auxiliaries: false);
            }
        }

        Synchronize();
        return Stopwatch.GetElapsedTime(began).TotalSeconds;
    }

    public void Dispose()
    {
        optimizer?.Dispose();
        parameters?.Dispose();
        network.Dispose();
        images.Dispose();
        labels.Dispose();
    }

    private static void Say(string line)
    {
        Console.WriteLine(line);
        Console.Out.Flush();
    }

    private static Tensor ChannelsLast(Tensor images) => images.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2);

    // What MultiHeadTrainer does in a step, on one batch.
    private void Train()
    {
        var input = work.Precision == "bf16" ? images.to(ScalarType.BFloat16) : images;
        var output = network.Forward(input, auxiliaries: true);
        Tensor? total = null;
        foreach (var (head, logits) in network.Heads.Zip(output.Heads, (head, result) => (head, result.Logits)))
        {
            var loss = nn.functional.cross_entropy(logits.to(ScalarType.Float32), labels) * head.Weight;
            total = total is null ? loss : total + loss;
        }

        Gradients.BackwardOnce(total!);
        parameters!.CollectGradients();
        optimizer!.Step(0.001);
    }

    private void Synchronize()
    {
        if (work.Device != "cpu")
        {
            cuda.synchronize();
        }
    }
}
