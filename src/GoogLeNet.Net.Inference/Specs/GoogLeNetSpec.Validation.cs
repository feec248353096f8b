namespace Inception;

public sealed partial record GoogLeNetSpec
{
    private const int MaxLayers = 1000;

    // Far beyond any network; without a bound a file could ask for days or terabytes.
    private const int MaxWindow = 1024;
    private const int MaxChannels = 1 << 20;

    /// <summary>Checks that the network can be built: every count, name and size is possible.</summary>
    /// <exception cref="ArgumentException">A field is impossible; the message names the field, its value and what would be allowed.</exception>
    public void Validate()
    {
        Require(InputChannels >= 1, nameof(InputChannels), InputChannels, "at least 1");
        Require(Dropout is >= 0 and < 1, nameof(Dropout), Dropout, "in [0, 1)");
        Require(!Layers.IsDefaultOrEmpty, nameof(Layers), "empty", "at least one layer");
        Require(!Auxiliaries.IsDefault, nameof(Auxiliaries), "default", "an array, empty for no auxiliary classifiers");
        Require(Layers.Length <= MaxLayers, nameof(Layers), $"{Layers.Length} layers", $"at most {MaxLayers} layers");
        Require(Layers.All(layer => layer is not null), nameof(Layers), "null at one place", "layers only");
        Require(Auxiliaries.All(head => head is not null), nameof(Auxiliaries), "null at one place", "auxiliary classifiers only");
        Defined(Pooling, nameof(Pooling));
        ValidateBlocks();
        foreach (var layer in Layers)
        {
            ValidateLayer(layer);
        }

        Require(
            !Layers.Skip(1).OfType<WhiteningSpec>().Any(), nameof(Layers), "a whitening behind another layer", "one whose whitening, if any, is the first layer");

        // Names share one space with each other and with the state keys that they become.
        var names = Layers.Select(layer => layer.Name).Concat(Layers.OfType<InceptionSpec>().Select(KeyOf))
            .Concat(Auxiliaries.Select(head => head.Name)).Append(ClassifierKey).ToList();
        var repeated = names.FirstOrDefault(name => names.Count(other => other == name) > 1);
        Require(repeated is null, nameof(Layers), $"'{repeated}' twice", "unique names");
        foreach (var head in Auxiliaries)
        {
            ValidateHead(head);
            Require(Layers.OfType<InceptionSpec>().Any(block => block.Name == head.After), $"{head.Name}.After", head.After,
                $"one of {string.Join(", ", Layers.OfType<InceptionSpec>().Select(block => block.Name))}");
        }

        var smallest = SmallestInputSize();
        Require(smallest is not null && InputSize >= smallest, nameof(InputSize), InputSize,
            (smallest is null ? "a network that fits some input up to 4096" : $"at least {smallest}") + HeadThatDoesNotFit());
    }

    /// <summary>The smallest height and width in pixels at which every layer and every head has an output; null where there is none.</summary>
    internal int? SmallestInputSize()
    {
        for (var size = 1; size <= 4096; size++)
        {
            if (Fits(size))
            {
                return size;
            }
        }

        return null;
    }

    /// <summary>Height or width after one layer of the trunk.</summary>
    internal int OutputSize(LayerSpec layer, int size) => layer switch
    {
        WhiteningSpec whitening => Geometry.ConvolutionOutput(size, whitening.Kernel, whitening.Stride, whitening.Padding),
        ConvolutionSpec convolution => Geometry.ConvolutionOutput(size, convolution.Kernel, convolution.Stride, Blocks.Padding),
        MaxPoolSpec pool => Geometry.PoolOutput(size, pool.Kernel, pool.Stride, Pooling),
        _ => size,
    };

    /// <summary>Channels after one layer of the trunk.</summary>
    internal static int OutputChannels(LayerSpec layer, int channels) => layer switch
    {
        WhiteningSpec whitening => whitening.OutChannels(channels),
        ConvolutionSpec convolution => convolution.Channels,
        InceptionSpec block => block.OutChannels,
        _ => channels,
    };

    private bool Fits(int size)
    {
        foreach (var layer in Layers)
        {
            size = OutputSize(layer, size);
            if (size < 1 || Auxiliaries.Any(head => head.After == layer.Name && head.On(size).Pooling.OutputSize(size) < 1))
            {
                return false;
            }
        }

        return true;
    }

    // The first head whose pooling has no output at the spec's input size, if the trunk has one there.
    private string HeadThatDoesNotFit()
    {
        var size = InputSize;
        foreach (var layer in Layers)
        {
            size = OutputSize(layer, size);
            if (size < 1)
            {
                break;
            }

            if (Auxiliaries.FirstOrDefault(head => head.After == layer.Name && head.Pooling?.OutputSize(size) < 1) is { } head)
            {
                return $", or the head '{head.Name}' another pooling: the map of '{head.After}' has {size}×{size} pixels there";
            }
        }

        return "";
    }

    private void ValidateBlocks()
    {
        Defined(Blocks.Normalization, "Blocks.Normalization");
        Defined(Blocks.Branch5x5, "Blocks.Branch5x5");
        Defined(Blocks.Padding, "Blocks.Padding");
        Defined(Blocks.Weights, "Blocks.Weights");
        Finite(Blocks.InceptionBias, "Blocks.InceptionBias");
        Require(
            Blocks.BatchNormEpsilon > 0 && double.IsFinite(Blocks.BatchNormEpsilon),
            "Blocks.BatchNormEpsilon", Blocks.BatchNormEpsilon, "a finite number more than 0");
        Require(Blocks.BatchNormMomentum is > 0 and <= 1, "Blocks.BatchNormMomentum", Blocks.BatchNormMomentum, "in (0, 1]");
    }

    /// <summary>Checks one layer by itself.</summary>
    internal static void ValidateLayer(LayerSpec layer)
    {
        Require(IsKey(layer.Name), nameof(Layers), $"a layer named '{layer.Name}'", "names of letters, digits, '-' and '_'");
        switch (layer)
        {
            case WhiteningSpec whitening:
                Positive(whitening.Kernel, layer.Name, nameof(whitening.Kernel));
                Positive(whitening.Stride, layer.Name, nameof(whitening.Stride));
                Require(whitening.Epsilon > 0 && double.IsFinite(whitening.Epsilon), $"{layer.Name}.Epsilon", whitening.Epsilon, "a finite number more than 0");
                break;
            case ConvolutionSpec convolution:
                Positive(convolution.Channels, layer.Name, nameof(convolution.Channels));
                Positive(convolution.Stride, layer.Name, nameof(convolution.Stride));
                Require(convolution.Kernel > 0 && convolution.Kernel % 2 == 1, $"{layer.Name}.Kernel", convolution.Kernel, "odd and positive");
                Positive(convolution.Kernel, layer.Name, nameof(convolution.Kernel));
                Finite(convolution.Bias, $"{layer.Name}.Bias");
                break;
            case MaxPoolSpec pool:
                Positive(pool.Kernel, layer.Name, nameof(pool.Kernel));
                Positive(pool.Stride, layer.Name, nameof(pool.Stride));
                break;
            case LocalResponseNormSpec norm:
                Positive(norm.Size, layer.Name, nameof(norm.Size));
                Finite(norm.Alpha, $"{layer.Name}.Alpha");
                Finite(norm.Beta, $"{layer.Name}.Beta");
                Finite(norm.K, $"{layer.Name}.K");
                break;
            case InceptionSpec block:
                Positive(block.Conv1x1, layer.Name, nameof(block.Conv1x1));
                Positive(block.Reduce3x3, layer.Name, nameof(block.Reduce3x3));
                Positive(block.Conv3x3, layer.Name, nameof(block.Conv3x3));
                Positive(block.Reduce5x5, layer.Name, nameof(block.Reduce5x5));
                Positive(block.Conv5x5, layer.Name, nameof(block.Conv5x5));
                Positive(block.PoolProjection, layer.Name, nameof(block.PoolProjection));
                break;
        }
    }

    /// <summary>Checks one head by itself.</summary>
    internal static void ValidateHead(AuxiliarySpec head)
    {
        Require(IsKey(head.Name) && head.Name != MainHead, nameof(Auxiliaries), $"a head named '{head.Name}'",
            $"names of letters, digits, '-' and '_' other than '{MainHead}'");
        Require(head.Weight > 0 && double.IsFinite(head.Weight), $"{head.Name}.Weight", head.Weight, "a number more than 0");
        Require(head.Dropout is >= 0 and < 1, $"{head.Name}.Dropout", head.Dropout, "in [0, 1)");
        Finite(head.Bias, $"{head.Name}.Bias");
        Positive(head.Channels, head.Name, nameof(head.Channels));
        Positive(head.Hidden ?? 1, head.Name, nameof(head.Hidden));
        switch (head.Pooling)
        {
            case AveragePooling average:
                Positive(average.Kernel, head.Name, "Pooling.Kernel");
                Positive(average.Stride, head.Name, "Pooling.Stride");
                break;
            case AdaptiveAveragePooling adaptive:
                Positive(adaptive.Size, head.Name, "Pooling.Size");
                break;
        }
    }

    private static bool IsKey(string? name) => !string.IsNullOrEmpty(name) && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_');

    private static void Positive(int value, string owner, string field)
    {
        var most = field.EndsWith("Kernel", StringComparison.Ordinal) || field.EndsWith("Stride", StringComparison.Ordinal) || field.EndsWith("Size", StringComparison.Ordinal) ? MaxWindow : MaxChannels;
        Require(value >= 1, $"{owner}.{field}", value, "at least 1");
        Require(value <= most, $"{owner}.{field}", value, $"at most {most}");
    }

    private static void Finite(double value, string field) => Require(double.IsFinite(value), field, value, "a finite number");

    private static void Defined<T>(T value, string field)
        where T : struct, Enum => Require(Enum.IsDefined(value), field, value, $"one of {string.Join(", ", Enum.GetNames<T>())}");

    private static void Require(bool condition, string field, object value, string allowed)
    {
        if (!condition)
        {
            throw new ArgumentException($"{field} is {FormattableString.Invariant($"{value}")}; it must be {allowed}.");
        }
    }
}
