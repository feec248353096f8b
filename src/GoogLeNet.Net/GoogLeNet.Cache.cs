using TorchSharp;
using static TorchSharp.torch;

namespace Inception;

public sealed partial class GoogLeNet
{
    // Four images of 224×224 in the paper's first convolution, float32: what a thread's share of the last cache holds.
    private const long ActivationBytesPerThread = 4 * 64 * 112 * 112 * sizeof(float);

    private bool MayTakeParts(Tensor images) => !training && !is_grad_enabled() && images.device_type == DeviceType.CPU;

    /// <summary>
    /// Applies <paramref name="compute"/>, which treats each image by itself in evaluation mode, to parts of the batch that are small enough for what a layer puts out to be in
    /// the cache still when the next one reads it, as many at once as there are threads.
    /// </summary>
    private Tensor[] InCache(Tensor images, Func<Tensor, Tensor[]> compute)
    {
        var (count, threads, mostOfThread) = ((int)images.shape[0], get_num_threads(), ImagesOfThread(images));
        var parts = PartsSideBySide(count, threads, mostOfThread);
        if (parts > 1 && InParts(images, parts, compute, PartThreads.Run) is { } output)
        {
            return output;
        }

        var atOnce = Math.Max(1, threads * mostOfThread);
        return count <= atOnce ? compute(images) : InParts(images, (count + atOnce - 1) / atOnce, compute, OneByOne)!;
    }

    /// <summary>How many images of that size and type make a thread's part; 0 if one is too large.</summary>
    internal int ImagesOfThread(Tensor images)
    {
        var bytes = largestActivation * images.element_size() * images.shape[2] * images.shape[3] / ((long)InputSize * InputSize);
        return (int)(ActivationBytesPerThread / Math.Max(1, bytes));
    }

    /// <summary>How many parts a batch makes, a multiple of the threads; 1 where a layer's work is better shared by all of them.</summary>
    internal static int PartsSideBySide(int count, int threads, int mostOfThread)
    {
        if (threads == 1 || mostOfThread == 0 || count < threads * Math.Max(1, mostOfThread / 2))
        {
            return 1;
        }

        var parts = (count + mostOfThread - 1) / mostOfThread;
        return Math.Min((parts + threads - 1) / threads * threads, count);
    }

    // Null if run does not run them.
    private static Tensor[]? InParts(Tensor images, int count, Func<Tensor, Tensor[]> compute, Func<int, Action<int>, bool> run)
    {
        var (parts, outputs) = (images.split(Sizes((int)images.shape[0], count)), new Tensor[]?[count]);
        try
        {
            return run(count, part => outputs[part] = Detached(compute(parts[part]))) ? Joined([.. outputs.Select(output => output!)]) : null;
        }
        finally
        {
            Release(parts);
            Release([.. outputs.OfType<Tensor[]>().SelectMany(output => output)]);
        }
    }

    private static bool OneByOne(int count, Action<int> body)
    {
        for (var part = 0; part < count; part++)
        {
            using var scope = NewDisposeScope();
            body(part);
        }

        return true;
    }

    private static Tensor[] Joined(Tensor[][] outputs) => [.. outputs[0].Select((_, i) => cat([.. outputs.Select(output => output[i])]))];

    private static Tensor[] Detached(Tensor[] output)
    {
        foreach (var tensor in output)
        {
            tensor.DetachFromDisposeScope();
        }

        return output;
    }

    private static void Release(Tensor[] tensors)
    {
        foreach (var tensor in tensors)
        {
            tensor.Dispose();
        }
    }

    // As many parts as nearly as possible of the same size.
    private static long[] Sizes(int count, int parts) =>
        [.. Enumerable.Range(0, parts).Select(part => ((long)(part + 1) * count / parts) - ((long)part * count / parts))];
}
