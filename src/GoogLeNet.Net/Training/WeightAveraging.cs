using System.Text.Json.Serialization;
using static TorchSharp.torch;

namespace Inception.Training;

/// <summary>
/// An average of the weights over the steps, evaluated and saved beside the weights themselves. Floating-point buffers (batch normalization's running
/// statistics) are averaged alike; counters are not.
/// </summary>
/// <remarks>
/// The same as timm's ModelEmaV2 and torch's AveragedModel with <c>use_buffers</c>. Statistics recomputed with the averaged weights, as by torch's
/// <c>update_bn</c>, would be more exact at the price of a pass over the training images.
/// </remarks>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "averaging")]
[JsonDerivedType(typeof(PolyakAverage), "polyak")]
[JsonDerivedType(typeof(ExponentialAverage), "exponential")]
public abstract record WeightAveraging
{
    private protected WeightAveraging()
    {
    }

    /// <summary>Whether the weights after a step are added to the average.</summary>
    /// <param name="fraction">The fraction of the run that lies before the step, in [0, 1).</param>
    internal virtual bool Includes(double fraction) => true;

    /// <summary>The fraction of the newest weights in the average, in (0, 1].</summary>
    /// <param name="count">How many steps' weights are in the average before them, at least 1.</param>
    internal abstract double FractionOfNewest(long count);
}

/// <summary>The exponential moving average of the weights: a ← d·a + (1 − d)·w after each step, beginning with the first step's weights.</summary>
public sealed record ExponentialAverage : WeightAveraging
{
    /// <summary>Creates a moving average.</summary>
    /// <param name="decay">Fraction d of the average that each step keeps, in [0, 1). Default 0.999.</param>
    /// <param name="warmUp">Whether the n-th step after the first keeps only min(d, (1 + n) / (10 + n)), as in TensorFlow's
    /// ExponentialMovingAverage, so that the first weights are forgotten sooner. Default false.</param>
    /// <exception cref="ArgumentOutOfRangeException">The decay is outside its range.</exception>
    public ExponentialAverage(double decay = 0.999, bool warmUp = false)
    {
        Decay = Check.BelowOne(decay);
        WarmUp = warmUp;
    }

    /// <summary>Fraction of the average that each step keeps.</summary>
    public double Decay { get; }

    /// <summary>Whether early steps keep less.</summary>
    public bool WarmUp { get; }

    /// <inheritdoc/>
    internal override double FractionOfNewest(long count) => 1 - (WarmUp ? Math.Min(Decay, (1.0 + count) / (10 + count)) : Decay);
}

/// <summary>The mean of the weights over all steps after some point of the run (Polyak and Juditsky 1992).</summary>
public sealed record PolyakAverage : WeightAveraging
{
    /// <summary>Creates a mean.</summary>
    /// <param name="startAt">Fraction of the run that lies before the first step whose weights count, in [0, 1); until then the average is the
    /// weights themselves. Default 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">The fraction is outside its range.</exception>
    public PolyakAverage(double startAt = 0) => StartAt = Check.BelowOne(startAt);

    /// <summary>Fraction of the run that lies before the first step whose weights count.</summary>
    public double StartAt { get; }

    /// <inheritdoc/>
    internal override bool Includes(double fraction) => fraction >= StartAt;

    /// <inheritdoc/>
    internal override double FractionOfNewest(long count) => 1.0 / (count + 1);
}

/// <summary>The running average of a network's weights and float32 buffers.</summary>
internal sealed class AverageBuffer : IDisposable
{
    private const string CountKey = "averaging.steps";

    private readonly FlatParameters parameters;
    private readonly WeightAveraging options;
    private readonly FlatBuffers buffers;

    // The network's own values and their average: one pair for the parameters, one for the buffers.
    private readonly (Tensor Own, Tensor Average)[] pairs;
    private readonly List<(string Key, Tensor Tensor)> state;

    // On the host, so that reading it waits for nothing.
    private readonly Tensor count = zeros([1], dtype: int64).DetachFromDisposeScope();
    private bool isInUse;

    /// <summary>Begins with the weights as they are; moves the buffers of <paramref name="module"/> into one tensor.</summary>
    public AverageBuffer(nn.Module module, FlatParameters parameters, WeightAveraging options)
    {
        this.parameters = parameters;
        this.options = options;
        buffers = new FlatBuffers(module, parameters.Values.device);
        using var scope = NewDisposeScope();
        pairs = [Pair(parameters.Values), Pair(buffers.Values)];
        state = [.. parameters.Views(pairs[0].Average).Concat(buffers.Views(pairs[1].Average))
            .Select(named => (WeightsFormat.AveragePrefix + named.Key, named.View.DetachFromDisposeScope()))];
        state.Add((CountKey, count));
    }

    /// <summary>The averaged parameters, float32 in the order of the flat parameters; the network's own while the average is in use.</summary>
    public Tensor Values => pairs[0].Average;

    /// <summary>How many steps' weights are in the average; 0 while it equals the weights.</summary>
#pragma warning disable RS0030 // The host's.
    public long Count => count.item<long>();
#pragma warning restore RS0030

    /// <summary>Every tensor for a checkpoint, by its key there. Valid only while the network has its own weights.</summary>
    public IReadOnlyList<(string Key, Tensor Tensor)> State => state;

    /// <summary>Adds the weights after a step to the average.</summary>
    /// <param name="fraction">The fraction of the run that lies before the step, in [0, 1).</param>
    /// <exception cref="InvalidOperationException">The network is using the average.</exception>
    public void Update(double fraction)
    {
        if (isInUse)
        {
            throw new InvalidOperationException("The average cannot take in weights while the network uses it.");
        }

        using var frozen = no_grad();
        using var scope = NewDisposeScope();
        var isIncluded = options.Includes(fraction);
        var weight = isIncluded && Count > 0 ? Arithmetic.Full([1], options.FractionOfNewest(Count), float32, Values.device) : null;
        foreach (var (own, average) in pairs)
        {
            // Not d·a + (1 − d)·w: with d = 0.9999 in float32 the factors' sum misses 1, and the weights end up wrong by 1e-4.
            _ = weight is null ? average.copy_(own) : average.lerp_(own, weight);
        }

        count.add_(isIncluded ? Arithmetic.One : Arithmetic.Zero, Arithmetic.One);
    }

    /// <summary>Gives the network the average; disposing the result gives it its own weights back, bit for bit.</summary>
    public IDisposable UseAverage() => new Use(this);

    /// <summary>Releases the average; the network keeps its current values.</summary>
    public void Dispose()
    {
        state.ForEach(named => named.Tensor.Dispose());
        Array.ForEach(pairs, pair => pair.Average.Dispose());
        buffers.Dispose();
    }

    private static (Tensor Own, Tensor Average) Pair(Tensor own) => (own, own.detach().clone().DetachFromDisposeScope());

    private void Exchange()
    {
        using var frozen = no_grad();
        foreach (var (own, average) in pairs)
        {
            using var kept = own.clone();
            own.copy_(average);
            average.copy_(kept);
        }

        parameters.Refresh();
        isInUse = !isInUse;
    }

    private sealed class Use : IDisposable
    {
        private readonly AverageBuffer buffer;
        private bool isExchanged;

        public Use(AverageBuffer buffer)
        {
            this.buffer = buffer;
            isExchanged = !buffer.isInUse;
            if (isExchanged)
            {
                buffer.Exchange();
            }
        }

        public void Dispose()
        {
            if (isExchanged)
            {
                isExchanged = false;
                buffer.Exchange();
            }
        }
    }
}

/// <summary>All float32 buffers of a module as views of one contiguous tensor.</summary>
internal sealed class FlatBuffers : IDisposable
{
    private readonly (string Key, long[] Shape)[] buffers;

    /// <summary>Moves the buffers of <paramref name="module"/> into one tensor.</summary>
    public FlatBuffers(nn.Module module, Device device)
    {
        var own = module.named_buffers().Where(named => named.buffer.dtype == ScalarType.Float32).ToList();
        buffers = [.. own.Select(named => (named.name, named.buffer.shape))];
        Values = zeros(own.Sum(named => named.buffer.numel()), dtype: ScalarType.Float32, device: device).DetachFromDisposeScope();

        using var frozen = no_grad();
        using var scope = NewDisposeScope();
        foreach (var ((_, buffer), (_, view)) in own.Zip(Views(Values)))
        {
            view.copy_(buffer);
            buffer.set_(view);
        }
    }

    /// <summary>Every buffer, float32 (total).</summary>
    public Tensor Values { get; }

    /// <summary>Each buffer's part of a tensor that lies like <see cref="Values"/>, by its state key.</summary>
    public IEnumerable<(string Key, Tensor View)> Views(Tensor values)
    {
        var offset = 0L;
        foreach (var (key, shape) in buffers)
        {
            var length = shape.Aggregate(1L, (product, size) => product * size);
            yield return (key, values.narrow(0, offset, length).view(shape));
            offset += length;
        }
    }

    /// <summary>Releases this reference; the module keeps its values.</summary>
    public void Dispose() => Values.Dispose();
}
