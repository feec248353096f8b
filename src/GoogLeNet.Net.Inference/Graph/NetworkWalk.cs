namespace Inception.Graph;

/// <summary>What a walk over a network builds with. A value stands for images with channels: (N, C, H, W).</summary>
/// <typeparam name="T">What the builder calls a value.</typeparam>
internal interface INetworkBuilder<T>
{
    /// <summary>A convolution, padded by the network's rule, its batch normalization, if any, and ReLU.</summary>
    /// <param name="x">The input.</param>
    /// <param name="key">What the state keys of its parameters begin with.</param>
    /// <param name="stride">Step in pixels.</param>
    T Conv2d(T x, string key, int stride = 1);

    /// <summary>A whitening's convolution and ReLU.</summary>
    T Whitening(T x, WhiteningSpec whitening);

    /// <summary>Max pooling.</summary>
    T MaxPool2d(T x, int kernel, int stride, PoolingRule rule);

    /// <summary>Average pooling in front of an auxiliary classifier.</summary>
    /// <exception cref="NotSupportedException">It is a pooling of the user's own.</exception>
    T AveragePool2d(T x, AuxiliaryPooling pooling);

    /// <summary>The average of the whole map.</summary>
    T GlobalAveragePool2d(T x);

    /// <summary>Local response normalization.</summary>
    T LocalResponseNorm(T x, LocalResponseNormSpec norm);

    /// <summary>Branches side by side on the channels.</summary>
    T Concat(params T[] branches);

    /// <summary>A fully connected layer over the whole map.</summary>
    /// <param name="x">The input.</param>
    /// <param name="key">What the state keys of its parameters begin with.</param>
    /// <param name="size">Height and width of the map that the layer was built for.</param>
    /// <param name="relu">Whether ReLU follows.</param>
    /// <param name="misfit">What an exception says where the map has another size.</param>
    T Linear(T x, string key, int size = 1, bool relu = false, string misfit = "");
}

/// <summary>Goes through a finished network in the order in which data flow, and has a builder make something of each layer.</summary>
/// <param name="spec">The network.</param>
/// <param name="builder">What builds.</param>
internal sealed class NetworkWalk<T>(GoogLeNetSpec spec, INetworkBuilder<T> builder)
{
    /// <summary>Builds the network over images.</summary>
    /// <param name="images">The network's input.</param>
    /// <param name="withAuxiliaries">Whether the auxiliary heads are built too.</param>
    /// <returns>The logits of each head, the main one first.</returns>
    public IReadOnlyList<(string Head, T Logits)> Network(T images, bool withAuxiliaries)
    {
        var auxiliaries = new List<(string, T)>();
        var (x, size) = (images, spec.InputSize);
        foreach (var layer in spec.Layers)
        {
            x = Layer(x, layer);
            size = spec.OutputSize(layer, size);
            foreach (var head in spec.Auxiliaries.Where(head => withAuxiliaries && head.After == layer.Name))
            {
                auxiliaries.Add((head.Name, Auxiliary(x, head, size)));
            }
        }

        return [(GoogLeNetSpec.MainHead, builder.Linear(builder.GlobalAveragePool2d(x), GoogLeNetSpec.ClassifierKey)), .. auxiliaries];
    }

    private T Layer(T x, LayerSpec layer) => layer switch
    {
        WhiteningSpec whitening => builder.Whitening(x, whitening),
        ConvolutionSpec convolution => builder.Conv2d(x, layer.Name, convolution.Stride),
        MaxPoolSpec pool => builder.MaxPool2d(x, pool.Kernel, pool.Stride, spec.Pooling),
        LocalResponseNormSpec norm => builder.LocalResponseNorm(x, norm),
        InceptionSpec => Inception(x, GoogLeNetSpec.KeyOf(layer)),
        _ => throw new NotSupportedException($"{layer.GetType().Name} is not a layer of GoogLeNet's trunk."),
    };

    // Figure 2(b) of the paper.
    private T Inception(T x, string key)
    {
        T Conv(T input, string branch) => builder.Conv2d(input, $"{key}.{branch}");

        var conv1x1 = Conv(x, "branch1");
        var conv3x3 = Conv(Conv(x, "branch2.0"), "branch2.1");
        var conv5x5 = Conv(Conv(x, "branch3.0"), "branch3.1");
        if (spec.Blocks.Branch5x5 == Branch5x5.TwoConv3x3)
        {
            conv5x5 = Conv(conv5x5, "branch3.2");
        }

        var pooled = Conv(builder.MaxPool2d(x, kernel: 3, stride: 1, PoolingRule.Floor), "branch4.1");
        return builder.Concat(conv1x1, conv3x3, conv5x5, pooled);
    }

    // On the size of the map at the spec's input size.
    private T Auxiliary(T x, AuxiliarySpec head, int size)
    {
        var pooling = head.On(size).Pooling;
        var projected = builder.Conv2d(builder.AveragePool2d(x, pooling), $"{head.Name}.conv");
        var hidden = builder.Linear(projected, $"{head.Name}.fc1", pooling.OutputSize(size), relu: true,
            $"The head '{head.Name}' was built for images of {spec.InputSize}×{spec.InputSize} pixels; these are of another size.");
        return builder.Linear(hidden, $"{head.Name}.fc2");
    }
}
