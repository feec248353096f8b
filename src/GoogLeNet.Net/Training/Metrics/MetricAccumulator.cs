using static TorchSharp.torch;

namespace Inception.Training.Metrics;

/// <summary>Sums of loss and hits of every head, kept on the device: nothing waits for the device until <see cref="Read"/>.</summary>
internal sealed class MetricAccumulator : IDisposable
{
    private readonly IReadOnlyList<Head> heads;

    public MetricAccumulator(IReadOnlyList<Head> heads, Device device)
    {
        this.heads = heads;
        Sums = zeros(heads.Count, 2, dtype: ScalarType.Float64, device: device).DetachFromDisposeScope();
    }

    /// <summary>float64 (heads, 2): the sum of each head's losses and the number of its hits.</summary>
    public Tensor Sums { get; }

    /// <summary>Images counted so far, for all heads alike.</summary>
    public long Count { get; set; }

    /// <summary>Adds one batch of one head: its mean loss () and its logits (N, classes).</summary>
    public void Add(int head, Tensor meanLoss, Tensor logits, Tensor labels)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        var sums = Sums.select(0, head);
        sums.select(0, 0).add_(meanLoss.detach().to(ScalarType.Float64), labels.shape[0]);
        sums.select(0, 1).add_(logits.argmax(1).eq(labels).sum());
    }

    /// <summary>Forgets everything added so far.</summary>
    public void Reset()
    {
        Sums.fill_(0);
        Count = 0;
    }

    /// <summary>The means so far, the main head first; waits for the device.</summary>
    public IReadOnlyList<HeadMetrics> Read()
    {
        using var host = Sums.cpu();
        var sums = host.data<double>().ToArray();
        return [.. heads.Select((head, i) => new HeadMetrics(head.Name, sums[2 * i] / Count, sums[(2 * i) + 1] / Count))];
    }

    /// <inheritdoc/>
    public void Dispose() => Sums.Dispose();
}
