using System.Diagnostics;
using System.Globalization;
using TorchSharp;
using static TorchSharp.torch;

namespace Benchmarks;

/// <summary>
/// A side of a race in .NET, a process of its own: says that it is ready and on what, does as many batches as each line of its input says and answers
/// with the seconds they took, and at the input's end with its peak memory. peers/worker.py and peers/onnx.mjs speak the same.
/// </summary>
internal abstract class TorchWorker : IDisposable
{
    protected TorchWorker(Work work, bool channelsLast)
    {
        Work = work;
        set_num_threads(work.Threads);
        Device = torch.device(work.Device);
        Classes = work.Spec == "torchvision" ? 1000 : 10;
        using var scope = NewDisposeScope();
        var images = rand(work.Batch, 3, work.Size, work.Size, device: Device);
        Images = (channelsLast ? ChannelsLast(images) : images).MoveToOuterDisposeScope();
        Labels = randint(Classes, [work.Batch], device: Device).MoveToOuterDisposeScope();
    }

    protected Work Work { get; }

    protected torch.Device Device { get; }

    protected int Classes { get; }

    protected Tensor Images { get; }

    protected Tensor Labels { get; }

    /// <summary>The same numbers, channel by channel of each pixel in memory.</summary>
    protected static Tensor ChannelsLast(Tensor images) => images.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2);

    /// <summary>Follows the lines of its input to their end.</summary>
    /// <param name="name">What it says it is.</param>
    public void Follow(string name)
    {
        Say($"ready {name}, TorchSharp {typeof(torch).Assembly.GetName().Version!.ToString(3)}, .NET {Environment.Version}");
        while (Console.ReadLine() is { } line)
        {
            Say(Seconds(int.Parse(line, CultureInfo.InvariantCulture)).ToString("R", CultureInfo.InvariantCulture));
        }

        Say(PeakMebibytes().ToString(CultureInfo.InvariantCulture));
    }

    public virtual void Dispose()
    {
        Images.Dispose();
        Labels.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>One step of training on the batch.</summary>
    protected abstract void Train();

    /// <summary>The batch's logits, of the main head alone.</summary>
    protected abstract void Predict();

    /// <summary>The work once.</summary>
    protected void Step()
    {
        using var scope = NewDisposeScope();
        if (Work.Kind == "training")
        {
            Train();
        }
        else
        {
            using var mode = inference_mode();
            Predict();
        }
    }

    private static void Say(string line)
    {
        Console.WriteLine(line);
        Console.Out.Flush();
    }

    // The largest memory that this process has had; 0 where the system does not tell.
    private static long PeakMebibytes()
    {
        const string status = "/proc/self/status";
        var line = File.Exists(status) ? File.ReadLines(status).FirstOrDefault(line => line.StartsWith("VmHWM:", StringComparison.Ordinal)) : null;
        return line is null ? 0 : long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2], CultureInfo.InvariantCulture) / 1024;
    }

    private double Seconds(int batches)
    {
        Synchronize();
        var began = Stopwatch.GetTimestamp();
        for (var i = 0; i < batches; i++)
        {
            Step();
        }

        Synchronize();
        return Stopwatch.GetElapsedTime(began).TotalSeconds;
    }

    private void Synchronize()
    {
        if (Work.Device != "cpu")
        {
            cuda.synchronize();
        }
    }
}
