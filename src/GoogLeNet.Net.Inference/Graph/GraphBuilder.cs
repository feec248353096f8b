using Inception.Kernels;

namespace Inception.Graph;

/// <summary>Builds the steps of a compiled network.</summary>
internal sealed class GraphBuilder : INetworkBuilder<Activation>
{
    private readonly PaddingRule padding;
    private readonly FoldedWeights weights;
    private readonly FilterMemory memory;
    private readonly List<Step> steps = [];

    private GraphBuilder(GoogLeNetSpec spec, IReadOnlyDictionary<string, SafeTensor> tensors, FilterMemory memory) =>
        (padding, weights, this.memory) = (spec.Blocks.Padding, new(tensors, spec.Blocks), memory);

    /// <summary>Compiles a network.</summary>
    /// <param name="spec">The network.</param>
    /// <param name="tensors">All its tensors by state key.</param>
    /// <param name="withAuxiliaries">Whether the auxiliary heads are computed too.</param>
    /// <param name="memory">Where its filters will lie.</param>
    /// <returns>The steps, and the logits of each head, the main one first.</returns>
    public static (IReadOnlyList<Step> Steps, IReadOnlyList<(string Head, Activation Logits)> Heads) Compile(
        GoogLeNetSpec spec, IReadOnlyDictionary<string, SafeTensor> tensors, bool withAuxiliaries, FilterMemory memory)
    {
        var builder = new GraphBuilder(spec, tensors, memory);
        var heads = new NetworkWalk<Activation>(spec, builder).Network(builder.Input(spec.InputChannels), withAuxiliaries);
        return (builder.InOrder(), heads);
    }

    /// <inheritdoc/>
    public Activation Conv2d(Activation x, string key, int stride = 1)
    {
        var conv = weights.Conv(key);
        var kernel = conv.Kernel;
        return Conv(x, conv, size => new(Geometry.ConvolutionPadding(size, kernel, stride, padding).Before, Geometry.ConvolutionOutput(size, kernel, stride, padding)), stride, relu: true);
    }

    /// <inheritdoc/>
    public Activation Whitening(Activation x, WhiteningSpec whitening) =>
        Conv(x, weights.Whitening(whitening.Name), size => new(whitening.Padding, Geometry.ConvolutionOutput(size, whitening.Kernel, whitening.Stride, whitening.Padding)), whitening.Stride, relu: true);

    /// <inheritdoc/>
    public Activation Linear(Activation x, string key, int size = 1, bool relu = false, string misfit = "") =>
        Conv(x, weights.Linear(key, size), actual => actual == size ? new(0, 1) : throw new ArgumentException(misfit), stride: 1, relu);

    /// <inheritdoc/>
    public Activation MaxPool2d(Activation x, int kernel, int stride, PoolingRule rule)
    {
        var output = new Activation(x.Channels);
        steps.Add(new MaxPoolStep(x, output, kernel, size => new(Geometry.PoolPadding(size, kernel, stride, rule).Padding, Geometry.PoolOutput(size, kernel, stride, rule)), stride));
        return output;
    }

    /// <inheritdoc/>
    public Activation GlobalAveragePool2d(Activation x) => AveragePool2d(x, all => [(0, all)]);

    /// <inheritdoc/>
    public Activation AveragePool2d(Activation x, AuxiliaryPooling pooling) => AveragePool2d(x, all => pooling switch
    {
        AveragePooling average => AveragePoolKernel.Windows(all, average.Kernel, average.Stride),
        AdaptiveAveragePooling adaptive => AveragePoolKernel.AdaptiveWindows(all, adaptive.Size),
        _ => throw new NotSupportedException($"{pooling.GetType().Name} is not a pooling of auxiliary classifiers."),
    });

    /// <inheritdoc/>
    public Activation LocalResponseNorm(Activation x, LocalResponseNormSpec norm)
    {
        var output = new Activation(x.Channels);
        steps.Add(new LocalResponseNormStep(x, output, norm));
        return output;
    }

    /// <summary>Branches side by side on the channels: their steps write where they belong in the whole.</summary>
    public Activation Concat(params Activation[] branches)
    {
        var whole = new Activation(branches.Sum(branch => branch.Channels));
        var first = 0;
        foreach (var branch in branches)
        {
            branch.PlaceIn(whole, first);
            first += branch.Channels;
        }

        return whole;
    }

    private Activation Input(int channels)
    {
        var image = new Activation(channels);
        steps.Add(new InputStep(image));
        return image;
    }

    // First pixel and the one after the last of each window, along an axis of a given size.
    private Activation AveragePool2d(Activation x, Func<int, (int Start, int End)[]> windows)
    {
        var output = new Activation(x.Channels);
        steps.Add(new AveragePoolStep(x, output, windows));
        return output;
    }

    private Activation Conv(Activation x, ConvWeights weights, Func<int, Windows> windows, int stride, bool relu)
    {
        var output = new Activation(weights.Bias.Length);
        steps.Add(new ConvStep(x, output, memory, new PackedFilters(memory, weights.Weight, weights.Bias, weights.Kernel), windows, stride, relu));
        return output;
    }

    // The steps, in the order in which they run.
    private IReadOnlyList<Step> InOrder()
    {
        // Of the last step that writes an activation.
        var levels = new Dictionary<Activation, int>();
        foreach (var step in steps)
        {
            step.Level = levels.GetValueOrDefault(step.Input.Root, -1) + 1;
            levels[step.Output.Root] = Math.Max(levels.GetValueOrDefault(step.Output.Root), step.Level);
            Use(step.Input, step.Level);
            Use(step.Output, step.Level);
        }

        return [.. steps.OrderBy(step => step.Level)];

        static void Use(Activation activation, int level)
        {
            var root = activation.Root;
            (root.FirstLevel, root.LastLevel) = (Math.Min(root.FirstLevel, level), Math.Max(root.LastLevel, level));
        }
    }
}
