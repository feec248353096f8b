using Inception.Graph;
using static Inception.Interop.OnnxGraph;

namespace Inception.Interop;

/// <summary>A value of an ONNX graph: images with channels.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Height">Height in pixels.</param>
/// <param name="Width">Width in pixels.</param>
/// <param name="IsFlat">Whether it is (N, C) instead of (N, C, H, W).</param>
internal readonly record struct OnnxValue(string Name, int Height, int Width, bool IsFlat = false);

/// <summary>Writes a network's layers as nodes of ONNX. Sizes of images are fixed, so that all paddings are numbers.</summary>
/// <param name="graph">What the nodes are added to.</param>
/// <param name="spec">The network.</param>
/// <param name="tensors">All its tensors by state key.</param>
/// <param name="foldsBatchNorm">Whether batch normalization is folded into the convolutions.</param>
internal sealed class OnnxNetwork(OnnxGraph graph, GoogLeNetSpec spec, IReadOnlyDictionary<string, SafeTensor> tensors, bool foldsBatchNorm) : INetworkBuilder<OnnxValue>
{
    private readonly FoldedWeights folded = new(tensors, spec.Blocks);

    /// <inheritdoc/>
    public OnnxValue Conv2d(OnnxValue x, string key, int stride = 1)
    {
        (int, int) Padding(int size, int kernel) => Geometry.ConvolutionPadding(size, kernel, stride, spec.Blocks.Padding);

        var weight = tensors[$"{key}.conv.weight"];
        if (foldsBatchNorm || spec.Blocks.Normalization == Normalization.None)
        {
            var conv = folded.Conv(key);
            return Relu(Conv(x, weight.Shape, stride, Padding, graph.Constant(weight.Name, conv.Weight, weight.Shape), graph.Constant($"{key}.conv.bias", conv.Bias, conv.Bias.Length)));
        }

        var y = Conv(x, weight.Shape, stride, Padding, Parameter(weight.Name));
        string[] norm = [Parameter($"{key}.bn.weight"), Parameter($"{key}.bn.bias"), Parameter($"{key}.bn.running_mean"), Parameter($"{key}.bn.running_var")];
        return Relu(y with { Name = graph.Add("BatchNormalization", [y.Name, .. norm], Float("epsilon", spec.Blocks.BatchNormEpsilon)) });
    }

    /// <inheritdoc/>
    public OnnxValue Whitening(OnnxValue x, WhiteningSpec whitening)
    {
        var weight = tensors[$"{whitening.Name}.weight"];
        return Relu(Conv(x, weight.Shape, whitening.Stride, (_, _) => (whitening.Padding, whitening.Padding), Parameter(weight.Name)));
    }

    /// <inheritdoc/>
    public OnnxValue MaxPool2d(OnnxValue x, int kernel, int stride, PoolingRule rule)
    {
        // What the last window needs beyond the image is written as padding: rounding up is read in more than one way.
        (int Before, int After, int Count) Axis(int size)
        {
            var (before, count) = (Geometry.PoolPadding(size, kernel, stride, rule).Padding, Geometry.PoolOutput(size, kernel, stride, rule));
            return (before, Math.Max(0, ((count - 1) * stride) + kernel - size - before), count);
        }

        var (rows, columns) = (Axis(x.Height), Axis(x.Width));
        var y = graph.Add("MaxPool", [x.Name], Ints("kernel_shape", kernel, kernel), Ints("strides", stride, stride), Ints("pads", rows.Before, columns.Before, rows.After, columns.After));
        return new(y, rows.Count, columns.Count);
    }

    /// <inheritdoc/>
    public OnnxValue AveragePool2d(OnnxValue x, AuxiliaryPooling pooling)
    {
        var (height, width) = (pooling.OutputSize(x.Height), pooling.OutputSize(x.Width));
        return pooling switch
        {
            AveragePooling average => new(graph.Add("AveragePool", [x.Name], Ints("kernel_shape", average.Kernel, average.Kernel), Ints("strides", average.Stride, average.Stride)), height, width),
            AdaptiveAveragePooling => new(AdaptiveAverage(x, height, width), height, width),
            _ => throw new NotSupportedException($"{pooling.GetType().Name} is a pooling of your own, which ONNX does not know. Export the network without its auxiliary heads."),
        };
    }

    /// <inheritdoc/>
    public OnnxValue GlobalAveragePool2d(OnnxValue x) => new(graph.Add("GlobalAveragePool", [x.Name]), 1, 1);

    /// <inheritdoc/>
    public OnnxValue LocalResponseNorm(OnnxValue x, LocalResponseNormSpec norm) => norm.Size % 2 == 1
        ? x with { Name = graph.Add("LRN", [x.Name], Int("size", norm.Size), Float("alpha", norm.Alpha), Float("beta", norm.Beta), Float("bias", norm.K)) }
        : throw new NotSupportedException($"'{norm.Name}' has windows of {norm.Size} channels; ONNX's have an odd number.");

    /// <inheritdoc/>
    public OnnxValue Concat(params OnnxValue[] branches) => branches[0] with { Name = graph.Add("Concat", branches.Select(branch => branch.Name), Int("axis", 1)) };

    /// <inheritdoc/>
    public OnnxValue Linear(OnnxValue x, string key, int size = 1, bool relu = false, string misfit = "")
    {
        if ((x.Height, x.Width) != (size, size))
        {
            throw new ArgumentException(misfit);
        }

        var features = x.IsFlat ? x.Name : graph.Add("Flatten", [x.Name]);
        var y = new OnnxValue(graph.Add("Gemm", [features, Parameter($"{key}.weight"), Parameter($"{key}.bias")], Int("transB", 1)), 1, 1, IsFlat: true);
        return relu ? Relu(y) : y;
    }

    private OnnxValue Conv(OnnxValue x, IReadOnlyList<long> filters, int stride, Func<int, int, (int Before, int After)> padding, params string[] parameters)
    {
        var kernel = (int)filters[2];
        var (rows, columns) = (padding(x.Height, kernel), padding(x.Width, kernel));
        var y = graph.Add("Conv", [x.Name, .. parameters], Ints("kernel_shape", kernel, kernel), Ints("strides", stride, stride), Ints("pads", rows.Before, columns.Before, rows.After, columns.After));
        return new(y, Windows(x.Height, rows), Windows(x.Width, columns));

        int Windows(int size, (int Before, int After) zeros) => ((size + zeros.Before + zeros.After - kernel) / stride) + 1;
    }

    private OnnxValue Relu(OnnxValue x) => x with { Name = graph.Add("Relu", [x.Name]) };

    // ONNX has no adaptive pooling, whose windows need not be of one size: rows and columns are averaged by a product with a matrix each.
    private string AdaptiveAverage(OnnxValue x, int height, int width)
    {
        var down = graph.Constant(null, Averages(x.Height, height), height, x.Height);
        var across = graph.Constant(null, Averages(x.Width, width, transposed: true), x.Width, width);
        return graph.Add("MatMul", [down, graph.Add("MatMul", [x.Name, across])]);
    }

    // (count, size), or (size, count): the weight of each pixel in each average.
    private static float[] Averages(int size, int count, bool transposed = false)
    {
        var weights = new float[size * count];
        for (var window = 0; window < count; window++)
        {
            var (start, end) = (window * size / count, (((window + 1) * size) + count - 1) / count);
            for (var pixel = start; pixel < end; pixel++)
            {
                weights[transposed ? (pixel * count) + window : (window * size) + pixel] = 1f / (end - start);
            }
        }

        return weights;
    }

    private string Parameter(string key)
    {
        var tensor = tensors[key];
        return graph.Constant(key, FoldedWeights.Values(tensor), tensor.Shape);
    }
}
