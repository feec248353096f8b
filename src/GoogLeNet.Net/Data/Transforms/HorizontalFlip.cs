using static TorchSharp.torch;

namespace Inception.Data.Transforms;

/// <summary>Mirrors half of the images left to right.</summary>
/// <param name="Alternating">
/// Whether an image that was mirrored in one epoch is left alone in the next, so that two epochs show both views of every image (the
/// alternating flip of cifar10-airbench), rather than an independent draw in each epoch.
/// </param>
public sealed record HorizontalFlip(bool Alternating = false) : IBatchTransform
{
    /// <inheritdoc/>
    public Tensor Apply(Tensor images, BatchContext context)
    {
        var random = Alternating
            ? new CounterRandom(context.Seed, nameof(HorizontalFlip))
            : new CounterRandom(context.Seed, nameof(HorizontalFlip), context.Epoch);
        var turn = Alternating ? (ulong)context.Epoch : 0;
        var flips = context.Samples.Select(sample => ((random.Bits(sample) >> 32) + turn) % 2 == 1).ToArray();

        using var chosen = tensor(flips, device: images.device);
        using var mask = chosen.view(-1, 1, 1, 1);
        using var mirrored = images.flip(3);
        return where(mask, mirrored, images);
    }
}
