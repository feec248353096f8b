using System.Text.Json.Serialization;
using static TorchSharp.torch;

namespace Inception.Training;

/// <summary>Loss and accuracy of one head over a set of images.</summary>
/// <param name="Head">The head's name.</param>
/// <param name="Loss">Mean loss; of cross entropy in nats, with label smoothing where the run trains with it.</param>
/// <param name="Accuracy">Fraction of images whose most probable class is right, in [0, 1].</param>
/// <param name="TopKAccuracy">Fraction of images whose class is among the <see cref="TrainerOptions.TopK"/> most probable; null if not measured.</param>
/// <param name="Custom">The values of <see cref="TrainerOptions.Metrics"/> by name; null if there are none.</param>
public sealed record HeadMetrics(
    string Head,
    double Loss,
    double Accuracy,
    double? TopKAccuracy = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull), JsonNumberHandling(JsonNumberHandling.AllowNamedFloatingPointLiterals)] IReadOnlyDictionary<string, double>? Custom = null)
{
    /// <summary>Whether the other has the same head and the same numbers.</summary>
    public bool Equals(HeadMetrics? other) =>
        other is not null && (Head, Loss, Accuracy, TopKAccuracy).Equals((other.Head, other.Loss, other.Accuracy, other.TopKAccuracy))
        && (Custom ?? NoMetrics).OrderBy(entry => entry.Key).SequenceEqual((other.Custom ?? NoMetrics).OrderBy(entry => entry.Key));

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Head, Loss, Accuracy, TopKAccuracy);

    private static readonly Dictionary<string, double> NoMetrics = [];
}

/// <summary>Sums of loss and hits of every head, kept on the device, so that nothing waits for the device before they are read.</summary>
public sealed class MetricAccumulator : IDisposable
{
    private readonly IReadOnlyList<Head> heads;
    private readonly int? topK;
    private readonly (IHeadMetric Metric, int SumCount)[] metrics;
    private readonly Tensor firstBroken;

    /// <summary>Creates sums of zero.</summary>
    /// <param name="heads">The heads, in the order of <see cref="Add"/>'s.</param>
    /// <param name="device">Where the logits are.</param>
    /// <param name="topK">The k of top-k accuracy; null to skip it.</param>
    /// <param name="metrics">Metrics beside loss and accuracy; null for none.</param>
    /// <param name="classes">Classes of the model, which the metrics' sums depend on.</param>
    public MetricAccumulator(IReadOnlyList<Head> heads, Device device, int? topK = null, IReadOnlyList<IHeadMetric>? metrics = null, int classes = 0)
    {
        ArgumentNullException.ThrowIfNull(heads);
        this.heads = heads;
        this.topK = topK;
        this.metrics = [.. (metrics ?? []).Select(metric => (metric, metric.SumCount(classes)))];
        Sums = zeros(heads.Count, BuiltIn + this.metrics.Sum(each => each.SumCount), dtype: ScalarType.Float64, device: device).DetachFromDisposeScope();
        firstBroken = Arithmetic.Full([heads.Count], double.PositiveInfinity, ScalarType.Float64, device).DetachFromDisposeScope();
    }

    /// <summary>Images added so far.</summary>
    public long Count { get; internal set; }

    /// <summary>Where the sums are.</summary>
    public Device Device => Sums.device;

    /// <summary>float64 (heads, n): the sum of each head's losses, its hits, where k is given its hits among the first k, and the sums of each metric.</summary>
    internal Tensor Sums { get; }

    private int BuiltIn => topK is null ? 2 : 3;

    /// <summary>Adds one batch.</summary>
    /// <param name="losses">Mean loss () of each head.</param>
    /// <param name="logits">(N, classes) of each head.</param>
    /// <param name="labels">int64 (N).</param>
    /// <param name="step">The step in the epoch, counted from 1; remembered if a loss is not finite.</param>
    public void Add(IReadOnlyList<Tensor> losses, IReadOnlyList<Tensor> logits, Tensor labels, int step = 1)
    {
        ArgumentNullException.ThrowIfNull(labels);
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        var images = labels.size(0);
        var loss = stack(losses).detach().to(ScalarType.Float64);
        var hits = stack(logits.Select(head => Hits(head.detach(), labels)).ToArray());
        Sums.Add_(cat(
            [loss.Times(images).view(-1, 1), hits.to(ScalarType.Float64), .. metrics.Select(each => stack(logits.Select(head => SumsOf(each, head.detach(), labels)).ToArray()))], 1));
        var here = Arithmetic.Full([heads.Count], step, ScalarType.Float64, loss.device);
        firstBroken.copy_(where(loss.isfinite(), firstBroken, firstBroken.minimum(here)));
        Count += images;
    }

    /// <summary>Adds what every process has in metrics of its own for one step, or for a whole data set.</summary>
    /// <param name="part">This process's images.</param>
    /// <param name="sumOverProcesses">Adds up a tensor over all processes, in place.</param>
    /// <param name="step">The step in the epoch, counted from 1; remembered if a loss is not finite.</param>
    internal void AddAll(MetricAccumulator part, Action<Tensor> sumOverProcesses, int step)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        var isBroken = part.firstBroken.isfinite().to(ScalarType.Float64);
        var count = Arithmetic.Full([1], part.Count, ScalarType.Float64, part.Device);
        var all = cat([part.Sums.flatten(), isBroken, count]);
        sumOverProcesses(all);
        Sums.Add_(all.narrow(0, 0, Sums.numel()).view(Sums.shape));
        var here = Arithmetic.Full([heads.Count], step, ScalarType.Float64, part.Device);
        firstBroken.copy_(where(all.narrow(0, Sums.numel(), heads.Count).gt(Arithmetic.Zero), firstBroken.minimum(here), firstBroken));
#pragma warning disable RS0030 // The processes have waited for each other already.
        Count += (long)all.narrow(0, all.numel() - 1, 1).item<double>();
#pragma warning restore RS0030
    }

    /// <summary>The means so far, in the heads' order; waits for the device.</summary>
    public IReadOnlyList<HeadMetrics> Read()
    {
#pragma warning disable RS0030 // Who calls this says why.
        using var host = Sums.cpu();
        var rows = host.data<double>().ToArray().Chunk((int)Sums.size(1));
#pragma warning restore RS0030
        return [.. heads.Zip(rows, (head, sums) => new HeadMetrics(head.Name, sums[0] / Count, sums[1] / Count, topK is null ? null : sums[2] / Count, Values(sums)))];
    }

    /// <summary>Forgets everything added so far.</summary>
    public void Reset()
    {
        Sums.Fill_(0);
        firstBroken.Fill_(double.PositiveInfinity);
        Count = 0;
    }

    /// <summary>Releases the sums.</summary>
    public void Dispose()
    {
        Sums.Dispose();
        firstBroken.Dispose();
    }

    /// <summary>The first head whose loss was not finite, and the step; null if all losses were finite. Waits for the device.</summary>
    internal (string Head, int Step)? FirstBroken()
    {
#pragma warning disable RS0030 // Who calls this says why.
        using var host = firstBroken.cpu();
        var steps = host.data<double>().ToArray();
#pragma warning restore RS0030
        var first = Array.IndexOf(steps, steps.Min());
        return double.IsFinite(steps[first]) ? (heads[first].Name, (int)steps[first]) : null;
    }

    private static Tensor SumsOf((IHeadMetric Metric, int SumCount) each, Tensor logits, Tensor labels)
    {
        var sums = each.Metric.Sums(logits, labels);
        return sums.shape is [var count] && count == each.SumCount
            ? sums.to(ScalarType.Float64)
            : throw new InvalidOperationException($"The metric '{each.Metric.Name}' gave sums of ({string.Join(", ", sums.shape)}); they must be ({each.SumCount}), as its SumCount says.");
    }

    // Each metric of a head from its part of the head's sums.
    private Dictionary<string, double>? Values(double[] sums)
    {
        var values = new Dictionary<string, double>();
        var first = BuiltIn;
        foreach (var (metric, count) in metrics)
        {
            values.Add(metric.Name, metric.Value(sums[first..(first + count)]));
            first += count;
        }

        return metrics.Length > 0 ? values : null;
    }

    // int64 (1 or 2): images whose class is the most probable, and among the k most probable.
    private Tensor Hits(Tensor logits, Tensor labels)
    {
        if (topK is not { } k)
        {
            return logits.argmax(1).eq(labels).sum().view(1);
        }

        var found = logits.topk((int)Math.Min(k, logits.size(1)), 1).indexes.eq(labels.view(-1, 1));
        return stack([found.select(1, 0).sum(), found.sum()]);
    }
}

/// <summary>
/// A metric of every head beside loss and accuracy: sums over images, kept on the device, and a number computed from them at the end. Implement it with a record and hand it to
/// <see cref="TrainerOptions.Metrics"/>.
/// </summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "metric")]
[JsonDerivedType(typeof(MacroRecall), "macroRecall")]
public interface IHeadMetric
{
    /// <summary>Its name in <see cref="HeadMetrics.Custom"/>, in CSV columns and files: letters, digits, '-' and '_'.</summary>
    [JsonIgnore]
    string Name { get; }

    /// <summary>How many numbers are summed up.</summary>
    /// <param name="classes">Classes of the model.</param>
    int SumCount(int classes);

    /// <summary>What a batch adds to the sums. It must not wait for the device.</summary>
    /// <param name="logits">float32 (N, classes), without gradients.</param>
    /// <param name="labels">int64 (N); with mixup each image's own label.</param>
    /// <returns>(<see cref="SumCount"/>) numbers of any type on the same device.</returns>
    Tensor Sums(Tensor logits, Tensor labels);

    /// <summary>The metric of all images.</summary>
    /// <param name="sums">The sums over all batches.</param>
    double Value(IReadOnlyList<double> sums);
}

/// <summary>
/// The mean over the classes of the fraction of each class's images that are classified right: balanced accuracy. Classes without images do not count. In [0, 1], more is better.
/// </summary>
public sealed record MacroRecall : IHeadMetric
{
    /// <inheritdoc/>
    [JsonIgnore]
    public string Name => "macroRecall";

    /// <inheritdoc/>
    public int SumCount(int classes) => 2 * classes;

    /// <summary>For each class its images that are classified right, then for each class its images.</summary>
    public Tensor Sums(Tensor logits, Tensor labels)
    {
        ArgumentNullException.ThrowIfNull(logits);
        ArgumentNullException.ThrowIfNull(labels);
        using var scope = NewDisposeScope();
        var isClass = labels.view(-1, 1).eq(Arithmetic.Range(logits.size(1), labels.device));       // (N, classes)
        var isHit = logits.argmax(1).eq(labels).view(-1, 1);
        return cat([isClass.logical_and(isHit).sum([0]), isClass.sum([0])]).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public double Value(IReadOnlyList<double> sums)
    {
        ArgumentNullException.ThrowIfNull(sums);
        var classes = sums.Count / 2;
        return Enumerable.Range(0, classes).Where(k => sums[classes + k] > 0).Average(k => sums[k] / sums[classes + k]);
    }
}
