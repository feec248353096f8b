using static TorchSharp.torch;

namespace Inception.Data;

/// <summary>Mirrors half of the images left to right.</summary>
/// <param name="Alternating">
/// Whether an image that was mirrored in one epoch is left alone in the next, so that two epochs show both views of every image (the
/// alternating flip of cifar10-airbench), rather than an independent draw in each epoch.
/// </param>
public sealed record HorizontalFlip(bool Alternating = false) : IBatchTransform
{
    IBatchTransform? IBatchTransform.ForValidation => null;

    /// <inheritdoc/>
    public Tensor Apply(Tensor images, BatchContext context)
    {
        using var scope = NewDisposeScope();
        var (chosen, order) = Choose(context);
        var pixels = ChannelsLast.Pixels(images);
        var mirrored = pixels.index_select(0, tensor(chosen).SentTo(images.device)).flip(2);
        var views = cat([pixels, mirrored]).index_select(0, tensor(order).SentTo(images.device));
        return ChannelsLast.Images(views).MoveToOuterDisposeScope();
    }

    // The images to mirror, and each result's index into the list of all images followed by the mirrored ones.
    private (long[] Chosen, long[] Order) Choose(BatchContext context)
    {
        var random = Alternating
            ? new CounterRandom(context.Seed, nameof(HorizontalFlip))
            : new CounterRandom(context.Seed, nameof(HorizontalFlip), context.Epoch);
        var turn = Alternating ? (ulong)context.Epoch : 0;
        var chosen = new List<long>(context.Samples.Count);
        var order = new long[context.Samples.Count];
        for (var i = 0; i < order.Length; i++)
        {
            order[i] = i;
            if (((random.Bits(context.Samples[i]) >> 32) + turn) % 2 == 1)
            {
                order[i] = order.Length + chosen.Count;
                chosen.Add(i);
            }
        }

        return ([.. chosen], order);
    }
}
