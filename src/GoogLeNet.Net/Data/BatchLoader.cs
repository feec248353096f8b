using Inception.Data.Transforms;
using static TorchSharp.torch;

namespace Inception.Data;

/// <summary>A batch ready for the network.</summary>
/// <param name="Images">float32 (N, C, H, W), channels last in memory.</param>
/// <param name="Labels">int64 (N).</param>
public readonly record struct Batch(Tensor Images, Tensor Labels);

/// <summary>
/// Draws batches from a data set. What a batch holds is a pure function of (seed, epoch, step): the order of evaluation, interruptions and
/// resuming do not matter.
/// </summary>
public sealed class BatchLoader
{
    private readonly IImageDataset dataset;
    private readonly IReadOnlyList<IBatchTransform> transforms;
    private readonly Device device;
    private readonly int seed;
    private readonly bool shuffle;
    private (int Epoch, long[] Samples)? order;

    /// <summary>A loader of batches of <paramref name="batchSize"/> images; the last one of an epoch may be smaller.</summary>
    /// <param name="dataset">The images, which stay on their device and stay owned by the caller.</param>
    /// <param name="batchSize">Images in a batch, at least 1.</param>
    /// <param name="transforms">Applied in order on the data set's device; the last result must be float32.</param>
    /// <param name="device">Where finished batches go.</param>
    /// <param name="seed">Seed of the order and of every random transform.</param>
    /// <param name="shuffle">Whether each epoch has its own random order, rather than the data set's.</param>
    /// <exception cref="ArgumentOutOfRangeException">The batch size is less than 1.</exception>
    public BatchLoader(
        IImageDataset dataset, int batchSize, IReadOnlyList<IBatchTransform> transforms, Device device, int seed = 0, bool shuffle = true)
    {
        ArgumentNullException.ThrowIfNull(dataset);
        ArgumentNullException.ThrowIfNull(transforms);
        this.dataset = dataset;
        BatchSize = Check.AtLeast(1, batchSize);
        this.transforms = transforms;
        this.device = device;
        this.seed = seed;
        this.shuffle = shuffle;
    }

    /// <summary>Images in a batch.</summary>
    public int BatchSize { get; }

    /// <summary>Batches in an epoch.</summary>
    public int Steps => (int)((dataset.Count + BatchSize - 1) / BatchSize);

    /// <summary>Indices in the data set of the images of one batch.</summary>
    /// <param name="epoch">Epoch, counted from 0.</param>
    /// <param name="step">Step, 0 … <see cref="Steps"/> − 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such step.</exception>
    public long[] Samples(int epoch, int step)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(step);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(step, Steps);
        if (order?.Epoch != epoch)
        {
            var count = (int)dataset.Count;
            order = (epoch, shuffle
                ? new CounterRandom(seed, nameof(BatchLoader), epoch).Permutation(count)
                : [.. Enumerable.Range(0, count).Select(i => (long)i)]);
        }

        var first = step * BatchSize;
        return order.Value.Samples[first..(int)Math.Min(first + BatchSize, dataset.Count)];
    }

    /// <summary>Draws a batch; its tensors belong to the caller's dispose scope.</summary>
    /// <param name="epoch">Epoch, counted from 0.</param>
    /// <param name="step">Step, 0 … <see cref="Steps"/> − 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such step.</exception>
    public Batch Load(int epoch, int step)
    {
        var samples = Samples(epoch, step);
        using var scope = NewDisposeScope();
        var index = tensor(samples, device: dataset.Images.device);
        var images = dataset.Images.index_select(0, index);
        foreach (var transform in transforms)
        {
            images = transform.Apply(images, new BatchContext(seed, epoch, samples));
        }

        if (images.dtype != ScalarType.Float32)
        {
            throw new InvalidOperationException(
                $"After all transforms the images are {images.dtype}; end with one that gives float32, such as ScaleToUnit or Normalize.");
        }

        var labels = dataset.Labels.index_select(0, index).to(device);
        return new Batch(ChannelsLast(images.to(device)).MoveToOuterDisposeScope(), labels.MoveToOuterDisposeScope());
    }

    // Memory format is strides alone: NHWC memory seen as NCHW.
    private static Tensor ChannelsLast(Tensor images) => images.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2);
}
