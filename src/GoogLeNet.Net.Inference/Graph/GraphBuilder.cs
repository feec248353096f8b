using Inception.Kernels;

namespace Inception.Graph;

/// <summary>Builds the steps of a compiled network.</summary>
/// <param name="padding">How convolutions pad.</param>
/// <param name="pooling">How max poolings treat edges.</param>
internal sealed class GraphBuilder(PaddingRule padding, PoolingRule pooling)
{
    private readonly List<Step> steps = [];

    /// <summary>The steps, in the order in which they run.</summary>
    public IReadOnlyList<Step> Build()
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

    /// <summary>The images.</summary>
    public Activation Input(int channels)
    {
        var image = new Activation(channels);
        steps.Add(new InputStep(image));
        return image;
    }

    /// <summary>A convolution and ReLU, padded by the network's rule.</summary>
    public Activation Conv2d(Activation x, ConvWeights weights, int stride = 1) =>
        Conv(x, weights, size => new(Geometry.ConvolutionPadding(size, weights.Kernel, stride, padding).Before, Geometry.ConvolutionOutput(size, weights.Kernel, stride, padding)), stride, relu: true);

    /// <summary>A convolution and ReLU with as many zeros on each side.</summary>
    public Activation Conv2d(Activation x, ConvWeights weights, int stride, int zeros) =>
        Conv(x, weights, size => new(zeros, Geometry.ConvolutionOutput(size, weights.Kernel, stride, zeros)), stride, relu: true);

    /// <summary>A fully connected layer over the whole map; (N, H, W, C) → (N, 1, 1, outputs).</summary>
    /// <param name="x">(N, H, W, C), H and W as the layer was built for.</param>
    /// <param name="weights">The layer.</param>
    /// <param name="relu">Whether ReLU follows.</param>
    /// <param name="misfit">What an exception says where the map has another size.</param>
    public Activation Linear(Activation x, ConvWeights weights, bool relu, string misfit = "") =>
        Conv(x, weights, size => size == weights.Kernel ? new(0, 1) : throw new ArgumentException(misfit), stride: 1, relu);

    /// <summary>Max pooling.</summary>
    /// <param name="x">(N, H, W, C).</param>
    /// <param name="kernel">Height and width of a window.</param>
    /// <param name="stride">Pixels from one window to the next.</param>
    /// <param name="rule">How edges are treated; as the network does when omitted.</param>
    public Activation MaxPool2d(Activation x, int kernel, int stride, PoolingRule? rule = null)
    {
        var output = new Activation(x.Channels);
        steps.Add(new MaxPoolStep(
            x, output, kernel, size => new(Geometry.PoolPadding(size, kernel, stride, rule ?? pooling).Padding, Geometry.PoolOutput(size, kernel, stride, rule ?? pooling)), stride));
        return output;
    }

    /// <summary>Average pooling over windows inside the image.</summary>
    /// <param name="x">(N, H, W, C).</param>
    /// <param name="windows">First pixel and the one after the last of each window, along an axis of a given size.</param>
    public Activation AveragePool2d(Activation x, Func<int, (int Start, int End)[]> windows)
    {
        var output = new Activation(x.Channels);
        steps.Add(new AveragePoolStep(x, output, windows));
        return output;
    }

    /// <summary>Local response normalization.</summary>
    public Activation LocalResponseNorm(Activation x, LocalResponseNormSpec spec)
    {
        var output = new Activation(x.Channels);
        steps.Add(new LocalResponseNormStep(x, output, spec));
        return output;
    }

    /// <summary>Branches side by side on the channels: their steps write where they belong in the whole.</summary>
    public static Activation Concat(params Activation[] branches)
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

    private Activation Conv(Activation x, ConvWeights weights, Func<int, Windows> windows, int stride, bool relu)
    {
        var output = new Activation(weights.Bias.Length);
        steps.Add(new ConvStep(x, output, new PackedFilters(weights.Weight, weights.Bias, weights.Kernel), windows, stride, relu));
        return output;
    }
}
