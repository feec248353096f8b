using TorchSharp;
using static TorchSharp.torch;

namespace Inception;

public sealed partial class GoogLeNet
{
    // Four images of 224×224 in the paper's first convolution, float32: what a thread's share of the last cache holds.
    private const long ActivationBytesPerThread = 4 * 64 * 112 * 112 * sizeof(float);

    /// <summary>
    /// Applies <paramref name="compute"/>, which treats each image by itself in evaluation mode: where no gradient is asked for on a CPU, to parts of the
    /// batch that are small enough for what a layer puts out to be in the cache still when the next one reads it.
    /// </summary>
    private MultiHeadOutput InCache(Tensor images, Func<Tensor, MultiHeadOutput> compute)
    {
        if (training || is_grad_enabled() || images.device_type != DeviceType.CPU)
        {
            return compute(images);
        }

        var (count, atOnce) = (images.shape[0], ImagesAtOnce(images));
        if (count <= atOnce)
        {
            return compute(images);
        }

        using var scope = NewDisposeScope();
        var parts = (count + atOnce - 1) / atOnce;
        var sizes = Enumerable.Range(0, (int)parts).Select(part => ((part + 1) * count / parts) - (part * count / parts)).ToArray();
        var outputs = images.split(sizes).Select(compute).ToList();
        var heads = outputs[0].Heads
            .Select((head, i) => head with { Logits = cat(outputs.Select(output => output.Heads[i].Logits).ToArray()).MoveToOuterDisposeScope() })
            .ToList();
        return new MultiHeadOutput(heads[0], heads[1..]);
    }

    /// <summary>How many images of that size and type make a part, at least 1.</summary>
    internal long ImagesAtOnce(Tensor images)
    {
        var bytes = largestActivation * images.element_size() * images.shape[2] * images.shape[3] / ((long)InputSize * InputSize);
        return Math.Max(1, ActivationBytesPerThread * get_num_threads() / Math.Max(1, bytes));
    }
}
