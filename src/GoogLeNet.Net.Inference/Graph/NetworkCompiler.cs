using Inception.Kernels;

namespace Inception.Graph;

/// <summary>Turns a network's spec and weights into the steps of a compiled network.</summary>
internal sealed class NetworkCompiler
{
    private readonly GoogLeNetSpec spec;
    private readonly FoldedWeights weights;
    private readonly GraphBuilder graph;

    private NetworkCompiler(GoogLeNetSpec spec, IReadOnlyDictionary<string, SafeTensor> tensors) =>
        (this.spec, weights, graph) = (spec, new(tensors, spec.Blocks), new(spec.Blocks.Padding, spec.Pooling));

    /// <summary>Compiles a network.</summary>
    /// <param name="spec">The network.</param>
    /// <param name="tensors">All its tensors by state key.</param>
    /// <param name="withAuxiliaries">Whether the auxiliary heads are computed too.</param>
    /// <returns>The steps, and the logits of each head, the main one first.</returns>
    public static (IReadOnlyList<Step> Steps, IReadOnlyList<(string Head, Activation Logits)> Heads) Compile(
        GoogLeNetSpec spec, IReadOnlyDictionary<string, SafeTensor> tensors, bool withAuxiliaries)
    {
        var compiler = new NetworkCompiler(spec, tensors);
        var heads = compiler.Network(withAuxiliaries);
        return (compiler.graph.Build(), heads);
    }

    private List<(string Head, Activation Logits)> Network(bool withAuxiliaries)
    {
        var auxiliaries = new List<(string, Activation)>();
        var (x, size) = (graph.Input(spec.InputChannels), spec.InputSize);
        foreach (var layer in spec.Layers)
        {
            x = Layer(x, layer);
            size = spec.OutputSize(layer, size);
            foreach (var head in spec.Auxiliaries.Where(head => withAuxiliaries && head.After == layer.Name))
            {
                auxiliaries.Add((head.Name, Auxiliary(x, head, size)));
            }
        }

        var pooled = graph.AveragePool2d(x, all => [(0, all)]);
        return [(GoogLeNetSpec.MainHead, graph.Linear(pooled, weights.Linear(GoogLeNetSpec.ClassifierKey), relu: false)), .. auxiliaries];
    }

    private Activation Layer(Activation x, LayerSpec layer) => layer switch
    {
        WhiteningSpec whitening => graph.Conv2d(x, weights.Whitening(layer.Name), whitening.Stride, whitening.Padding),
        ConvolutionSpec convolution => graph.Conv2d(x, weights.Conv(layer.Name), convolution.Stride),
        MaxPoolSpec pool => graph.MaxPool2d(x, pool.Kernel, pool.Stride),
        LocalResponseNormSpec norm => graph.LocalResponseNorm(x, norm),
        InceptionSpec => Inception(x, GoogLeNetSpec.KeyOf(layer)),
        _ => throw new NotSupportedException($"{layer.GetType().Name} is not a layer of GoogLeNet's trunk."),
    };

    // Figure 2(b) of the paper.
    private Activation Inception(Activation x, string key)
    {
        Activation Conv(Activation input, string branch) => graph.Conv2d(input, weights.Conv($"{key}.{branch}"));

        var conv1x1 = Conv(x, "branch1");
        var conv3x3 = Conv(Conv(x, "branch2.0"), "branch2.1");
        var conv5x5 = Conv(Conv(x, "branch3.0"), "branch3.1");
        if (spec.Blocks.Branch5x5 == Branch5x5.TwoConv3x3)
        {
            conv5x5 = Conv(conv5x5, "branch3.2");
        }

        var pooled = Conv(graph.MaxPool2d(x, kernel: 3, stride: 1, PoolingRule.Floor), "branch4.1");
        return GraphBuilder.Concat(conv1x1, conv3x3, conv5x5, pooled);
    }

    // On the size of the map at the spec's input size.
    private Activation Auxiliary(Activation x, AuxiliarySpec head, int size)
    {
        var pooling = head.On(size).Pooling;
        var pooled = graph.AveragePool2d(x, all => pooling switch
        {
            AveragePooling average => AveragePoolKernel.Windows(all, average.Kernel, average.Stride),
            AdaptiveAveragePooling adaptive => AveragePoolKernel.AdaptiveWindows(all, adaptive.Size),
            _ => throw new NotSupportedException($"{pooling.GetType().Name} is not a pooling of auxiliary classifiers."),
        });
        var projected = graph.Conv2d(pooled, weights.Conv($"{head.Name}.conv"));
        var hidden = graph.Linear(projected, weights.Linear($"{head.Name}.fc1", pooling.OutputSize(size)), relu: true,
            $"The head '{head.Name}' was built for images of {spec.InputSize}×{spec.InputSize} pixels; these are of another size.");
        return graph.Linear(hidden, weights.Linear($"{head.Name}.fc2"), relu: false);
    }
}
