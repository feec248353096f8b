using TorchSharp;
using static TorchSharp.torch;

namespace Inception.Data;

/// <summary>A batch ready for the network.</summary>
/// <param name="images">float32 (N, C, H, W), channels last in memory.</param>
/// <param name="labels">int64 (N).</param>
public sealed class Batch(Tensor images, Tensor labels) : IDisposable
{
    /// <summary>float32 (N, C, H, W), channels last in memory.</summary>
    public Tensor Images { get; } = images;

    /// <summary>int64 (N).</summary>
    public Tensor Labels { get; } = labels;

    /// <summary>With mixup, the label of the partner that each image is blended with, int64 (N); null without.</summary>
    public Tensor? MixedLabels { get; init; }

    /// <summary>With mixup, the weight λ of each image and its own label, float32 (N) in [0, 1]; its partner has 1 − λ. Null without.</summary>
    public Tensor? Lambda { get; init; }

    /// <summary>Splits the batch: <c>var (images, labels) = batch</c>.</summary>
    public void Deconstruct(out Tensor images, out Tensor labels) => (images, labels) = (Images, Labels);

    /// <summary>Disposes its tensors; not needed where a dispose scope owns them.</summary>
    public void Dispose()
    {
        Images.Dispose();
        Labels.Dispose();
        MixedLabels?.Dispose();
        Lambda?.Dispose();
    }

    /// <summary>The same labels with other images.</summary>
    internal Batch WithImages(Tensor images) => new(images, Labels) { MixedLabels = MixedLabels, Lambda = Lambda };

    /// <summary>The batch with each tensor replaced by <paramref name="change"/> of it.</summary>
    internal Batch Map(Func<Tensor, Tensor> change) => new(change(Images), change(Labels))
    {
        MixedLabels = MixedLabels is null ? null : change(MixedLabels),
        Lambda = Lambda is null ? null : change(Lambda),
    };
}

/// <summary>
/// Draws batches from a data set. A batch is a pure function of (seed, epoch, step), whatever the order of evaluation and however often a run is
/// interrupted. It is read by index and transformed on the data set's device, then sent to the loader's; a GPU gets it without the host waiting. Where the first transform is an
/// <see cref="ICropTransform"/>, the data set cuts the windows itself.
/// </summary>
public sealed class BatchLoader
{
    // While one batch ends, with fewer pictures to decode than there are cores, the next is begun.
    private const int StreamedAhead = 2;

    private readonly IImageDataset dataset;
    private readonly IReadOnlyList<IBatchTransform> transforms;
    private readonly Device device;
    private readonly int seed;
    private readonly bool shuffle;
    private readonly Mixup? mixup;
    private readonly BalancedDraws? balanced;
    private readonly bool readsAhead;
    private Order? order;

    /// <summary>Creates a loader. The last batch of an epoch may be smaller than <paramref name="batchSize"/>.</summary>
    /// <param name="dataset">The images; they stay where they are, and the caller owns them.</param>
    /// <param name="batchSize">Images in a batch, at least 1.</param>
    /// <param name="transforms">Applied in order on the data set's device; the last result must be float32.</param>
    /// <param name="device">Where finished batches go.</param>
    /// <param name="seed">Seed of the order and of every random transform.</param>
    /// <param name="shuffle">Whether each epoch has a random order of its own; otherwise it has the data set's.</param>
    /// <param name="mixup">Blends the images of a batch after all transforms; null for no blending.</param>
    /// <param name="sampling">Draws every class equally often in shuffled epochs; null for every image once.</param>
    /// <exception cref="ArgumentOutOfRangeException">The batch size is less than 1.</exception>
    public BatchLoader(
        IImageDataset dataset, int batchSize, IReadOnlyList<IBatchTransform> transforms, Device device, int seed = 0, bool shuffle = true, Mixup? mixup = null,
        BalancedSampling? sampling = null)
    {
        ArgumentNullException.ThrowIfNull(dataset);
        ArgumentNullException.ThrowIfNull(transforms);
        this.dataset = dataset;
        BatchSize = Check.AtLeast(1, batchSize);
        this.transforms = transforms;
        this.device = device;
        this.seed = seed;
        this.shuffle = shuffle;
        this.mixup = mixup;
        balanced = shuffle && sampling is not null ? new BalancedDraws(dataset.HostLabels(), seed) : null;
        readsAhead = dataset.IsStreamed || (dataset.Device.type == DeviceType.CPU && device.type == DeviceType.CUDA);
    }

    /// <summary>Images in a batch.</summary>
    public int BatchSize { get; }

    /// <summary>Height and width that the finished images of an epoch's step are scaled to; null for what the transforms give.</summary>
    internal Func<int, int, int?>? SizeAt { get; init; }

    /// <summary>Which of how many processes this is: each draws its share of every batch. Default all of it.</summary>
    internal (int Rank, int Size) Share { get; init; } = (0, 1);

    /// <summary>Batches in an epoch.</summary>
    public int Steps => (int)((dataset.Count + BatchSize - 1) / BatchSize);

    /// <summary>Indices in the data set of the images of one batch.</summary>
    /// <param name="epoch">Epoch, counted from 0.</param>
    /// <param name="step">Step, 0 … <see cref="Steps"/> − 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such step.</exception>
    public long[] Samples(int epoch, int step) => IndicesOf(Draws(epoch, step));

    /// <summary>This process's rows of a batch, none where there are more processes than images; and the batch's.</summary>
    /// <remarks>Where the rows do not divide, the first processes have one more.</remarks>
    internal (int First, int Count, int Total) RowsOf(int step)
    {
        var total = (int)Math.Min(BatchSize, dataset.Count - ((long)step * BatchSize));
        var first = FirstRow(total, Share.Rank);
        var count = FirstRow(total, Share.Rank + 1) - first;
        return (count > 0 ? first : 0, count, total);
    }

    /// <summary>Draws a batch; its tensors belong to the caller's dispose scope.</summary>
    /// <param name="epoch">Epoch, counted from 0.</param>
    /// <param name="step">Step, 0 … <see cref="Steps"/> − 1.</param>
    /// <param name="cancellationToken">Stops the reading.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such step.</exception>
    /// <exception cref="InvalidOperationException">The transforms do not end with float32 images.</exception>
    /// <exception cref="DatasetException">A picture cannot be read.</exception>
    /// <exception cref="OperationCanceledException">The token was canceled.</exception>
    public Batch Load(int epoch, int step, CancellationToken cancellationToken = default)
    {
        var (whole, rows) = (Draws(epoch, step), RowsOf(step));

        // A process without a share gets one image, which it does not count.
        var end = rows.First + Math.Max(rows.Count, 1);
        var draws = whole[rows.First..end];
        var partners = mixup is null ? null : Mixup.Partners(new BatchContext(seed, epoch, whole))[rows.First..end];
        if (partners is not null && draws.Length < whole.Length)
        {
            // Partners come from the whole batch.
            (draws, partners) = ([.. draws, .. partners.Select(partner => whole[partner])], [.. Enumerable.Range(draws.Length, draws.Length).Select(row => (long)row)]);
        }

        var context = new BatchContext(seed, epoch, draws);
        var indices = IndicesOf(draws);
        using var scope = NewDisposeScope();
        var images = Transformed(indices, context, cancellationToken);
        var batch = new Batch(images, dataset.Labels.index_select(0, tensor(indices).SentTo(dataset.Device)));
        if (partners is not null)
        {
            batch = mixup!.Apply(batch, context with { Samples = draws[..partners.Length] }, partners);
        }

        batch = batch.Map(part => part.SentTo(device));
        if (SizeAt?.Invoke(epoch, step) is { } size)
        {
            batch = batch.WithImages(BatchTransforms.Scaled(batch.Images, size));
        }

        return batch.Map(part => part.MoveToOuterDisposeScope());
    }

    /// <summary>
    /// The batches of an epoch, each equal to what <see cref="Load"/> returns. A batch belongs to the dispose scope that is open when it is taken;
    /// without one, the caller disposes it. Leaving the loop early ends the background work.
    /// </summary>
    /// <param name="epoch">Epoch, counted from 0.</param>
    /// <param name="firstStep">Step to begin with, 0 … <see cref="Steps"/>.</param>
    /// <param name="prefetch">
    /// Whether a background thread prepares each batch while the one before is used. Default null: where the data set is streamed, or is on the CPU and the
    /// batches go to a GPU; with images in memory and a network on the CPU the thread would compete with it.
    /// </param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such step.</exception>
    public IEnumerable<Batch> Epoch(int epoch, int firstStep = 0, bool? prefetch = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(firstStep);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(firstStep, Steps);
        return prefetch ?? readsAhead ? Prefetched(epoch, firstStep) : Enumerable.Range(firstStep, Steps - firstStep).Select(step => Load(epoch, step));
    }

    private int FirstRow(int total, int rank) => (int)((((long)total * rank) + Share.Size - 1) / Share.Size);

    private IEnumerable<Batch> Prefetched(int epoch, int firstStep)
    {
        using var worker = new Prefetcher<Batch>(firstStep, Steps, (step, token) => Load(epoch, step, token), batch => batch.Dispose(), ahead: dataset.IsStreamed ? StreamedAhead : 1);
        for (var step = firstStep; step < Steps; step++)
        {
            yield return Adopted(worker.Take());
        }
    }

    // A tensor made on another thread is in no dispose scope of this one; its alias is.
    private static Batch Adopted(Batch batch)
    {
        using (batch)
        {
            return batch.Map(part => part.alias());
        }
    }

    private long[] Draws(int epoch, int step)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(step);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(step, Steps);
        var first = step * BatchSize;
        return OrderOf(epoch)[first..(int)Math.Min((long)first + BatchSize, dataset.Count)];
    }

    // A draw is an image's index plus the number of images for each time that it came before in the epoch.
    private long[] IndicesOf(long[] draws) => balanced is null ? draws : Array.ConvertAll(draws, draw => draw % dataset.Count);

    private Tensor Transformed(long[] indices, BatchContext context, CancellationToken cancellationToken)
    {
        var crop = transforms is [ICropTransform first, ..] ? first : null;
        var images = crop is null ? dataset.Read(indices, cancellationToken) : dataset.ReadCrops(indices, crop, context, cancellationToken);

        // While the images are still uint8, changing their memory order costs a quarter.
        images = ChannelsLast.Images(ChannelsLast.Pixels(images));
        foreach (var transform in crop is null ? transforms : transforms.Skip(1))
        {
            images = transform.Apply(images, context);
        }

        return BatchTransforms.Finished(images);
    }

    // Replaced as a whole, since the background thread may read it too.
    private long[] OrderOf(int epoch)
    {
        var current = order;
        if (current?.Epoch != epoch)
        {
            var count = (int)dataset.Count;
            var places = shuffle ? new CounterRandom(seed, nameof(BatchLoader), epoch).Permutation(count) : [.. Enumerable.Range(0, count).Select(i => (long)i)];
            order = current = new Order(epoch, balanced is null ? places : balanced.Epoch(epoch, places));
        }

        return current.Samples;
    }

    private sealed record Order(int Epoch, long[] Samples);
}
