using static TorchSharp.torch;

namespace Inception.Data;

/// <summary>
/// Blends each image of a batch, after the transforms, with another of the same batch: λ · image + (1 − λ) · partner, where λ is drawn from
/// Beta(alpha, alpha) for each sample (Zhang et al., "mixup: beyond empirical risk minimization", 2018). The loss is blended alike:
/// λ · loss(labels) + (1 − λ) · loss(partners' labels). λ depends on seed, epoch and sample; the partner also on the rest of the batch.
/// </summary>
public sealed record Mixup
{
    /// <summary>Creates a mixup.</summary>
    /// <param name="alpha">Both parameters of the Beta distribution, more than 0; the paper uses 0.2 to 1. The larger, the nearer λ is to one half.</param>
    /// <exception cref="ArgumentOutOfRangeException">Alpha is not a finite number more than 0.</exception>
    public Mixup(double alpha) => Alpha = Check.Positive(alpha);

    /// <summary>Both parameters of the Beta distribution.</summary>
    public double Alpha { get; }

    /// <summary>Blends a batch.</summary>
    /// <param name="batch">The images to blend, then images that are only partners, if any.</param>
    /// <param name="context">The images to blend.</param>
    /// <param name="partnerOf">Each one's partner, as an index into the batch.</param>
    /// <returns>The blended images: new tensors in the caller's scope, but for the labels, which may be the same.</returns>
    internal Batch Apply(Batch batch, BatchContext context, long[] partnerOf)
    {
        using var scope = NewDisposeScope();
        var device = batch.Images.device;
        var partners = tensor(partnerOf).SentTo(device);
        var lambda = tensor(Lambdas(context)).SentTo(device);
        var pixels = ChannelsLast.Pixels(batch.Images);
        var blended = pixels.index_select(0, partners).view(partnerOf.Length, -1);
        blended.lerp_(pixels.narrow(0, 0, partnerOf.Length).view(partnerOf.Length, -1), lambda.view(-1, 1));
        var labels = partnerOf.Length == batch.Labels.shape[0] ? batch.Labels : batch.Labels.narrow(0, 0, partnerOf.Length).MoveToOuterDisposeScope();
        return new Batch(ChannelsLast.Images(blended.view([partnerOf.Length, .. pixels.shape[1..]])).MoveToOuterDisposeScope(), labels)
        {
            MixedLabels = batch.Labels.index_select(0, partners).MoveToOuterDisposeScope(),
            Lambda = lambda.MoveToOuterDisposeScope(),
        };
    }

    /// <summary>Each sample's λ.</summary>
    internal float[] Lambdas(BatchContext context)
    {
        var stream = new CounterRandom(context.Seed, $"{nameof(Mixup)}.share", context.Epoch);
        return [.. context.Samples.Select(sample => (float)new SampleDraws(stream, sample).SymmetricBeta(Alpha))];
    }

    /// <summary>Each sample's partner, as an index into the batch: any other sample with equal probability; itself in a batch of one.</summary>
    internal static long[] Partners(BatchContext context)
    {
        var random = new CounterRandom(context.Seed, $"{nameof(Mixup)}.partner", context.Epoch);
        var count = context.Samples.Count;
        var partners = new long[count];
        for (var i = 0; i < count && count > 1; i++)
        {
            partners[i] = (i + 1 + random.Below(count - 1, context.Samples[i])) % count;
        }

        return partners;
    }
}
