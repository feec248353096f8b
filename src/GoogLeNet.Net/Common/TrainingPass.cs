namespace Inception;

/// <summary>What a forward pass of a training step depends on beside its images: they may be a part of a batch that several processes share.</summary>
/// <param name="Seed">What is random, as dropout, depends on it alone.</param>
internal sealed record TrainingPass(long Seed)
{
    private int synchronizedNorms;

    /// <summary>The images' place in the whole batch: the first one's row there, and the batch's rows. Null where they are the whole batch.</summary>
    public (long First, long Total)? Rows { get; init; }

    /// <summary>Whether the images count in batch normalization's statistics; those of a process without a share of the batch do not.</summary>
    public bool IsCounted { get; init; } = true;

    /// <summary>Adds up numbers over all processes, in place, where batch normalization's statistics are those of the whole batch; null where they are those of the images alone.</summary>
    public Action<double[]>? SumOverProcesses { get; init; }

    /// <summary>Batch normalizations that took their statistics over all processes.</summary>
    public int SynchronizedNorms => synchronizedNorms;

    /// <summary>Counts one.</summary>
    public void NormSynchronized(int count) => synchronizedNorms += count;
}
