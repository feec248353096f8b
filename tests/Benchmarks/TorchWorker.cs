using TorchSharp;
using static TorchSharp.torch;

namespace Benchmarks;

/// <summary>A side of a race on TorchSharp.</summary>
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
    public void Follow(string name) =>
        Side.Follow($"{name}, TorchSharp {typeof(torch).Assembly.GetName().Version!.ToString(3)}", Step, Work.Device == "cpu" ? null : () => cuda.synchronize());

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
}
