using System.Collections.Immutable;

namespace Inception;

/// <summary>
/// A GoogLeNet as data: the table of its trunk, its auxiliary classifiers and the conventions its blocks share. Presets are in
/// <see cref="Paper"/>, <see cref="Tutorial"/>, <see cref="TorchVision"/>, <see cref="Cifar"/>, <see cref="CifarSmall"/> and <see cref="CifarFast"/>; any of them can
/// be changed with <c>with</c>.
/// </summary>
public sealed partial record GoogLeNetSpec
{
    /// <summary>Name of the main head in outputs and metrics.</summary>
    internal const string MainHead = "main";

    /// <summary>What the state keys of the main head's classifier start with.</summary>
    internal const string ClassifierKey = "fc";

    /// <summary>Name of the network, shown in summaries and checkpoints.</summary>
    public required string Name { get; init; }

    /// <summary>Height and width in pixels that the network is meant for.</summary>
    public required int InputSize { get; init; }

    /// <summary>Channels of the input images. Default 3.</summary>
    public int InputChannels { get; init; } = 3;

    /// <summary>The trunk's layers in order. Global average pooling, dropout and the classifier follow the last one.</summary>
    public required ImmutableArray<LayerSpec> Layers { get; init; }

    /// <summary>The auxiliary classifiers: any number, none at all included.</summary>
    public ImmutableArray<AuxiliarySpec> Auxiliaries { get; init; } = [];

    /// <summary>What all blocks share.</summary>
    public BlockOptions Blocks { get; init; } = new();

    /// <summary>How max poolings treat edges. Default <see cref="PoolingRule.Ceil"/>.</summary>
    public PoolingRule Pooling { get; init; } = PoolingRule.Ceil;

    /// <summary>Share of features dropped before the classifier in training, in [0, 1). Default 0.4, as in the paper.</summary>
    public double Dropout { get; init; } = 0.4;

    /// <summary>Whether the other describes the same network under the same name: equal layers and heads, not the same lists.</summary>
    public bool Equals(GoogLeNetSpec? other) =>
        other is not null && (Name, InputSize, InputChannels, Blocks, Pooling, Dropout).Equals((other.Name, other.InputSize, other.InputChannels, other.Blocks, other.Pooling, other.Dropout))
        && Layers.AsSpan().SequenceEqual(other.Layers.AsSpan()) && Auxiliaries.AsSpan().SequenceEqual(other.Auxiliaries.AsSpan());

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Name, InputSize, InputChannels, Layers.Length, Auxiliaries.Length, Dropout);

    /// <summary>
    /// The same network with every width of the trunk and the auxiliary convolutions multiplied and rounded to a multiple of 8 (at least 8).
    /// </summary>
    /// <param name="multiplier">More than 0, at most 64; 1 returns an equal network.</param>
    /// <exception cref="ArgumentOutOfRangeException">The multiplier is outside that range.</exception>
    public GoogLeNetSpec WithWidth(double multiplier)
    {
        if (multiplier is not (> 0 and <= 64))
        {
            throw new ArgumentOutOfRangeException(nameof(multiplier), multiplier, "The width multiplier must be more than 0 and at most 64.");
        }

        if (multiplier == 1)
        {
            return this;
        }

        int Scale(int channels) => Math.Max(8, (int)Math.Round(channels * multiplier / 8, MidpointRounding.AwayFromZero) * 8);
        return this with
        {
            Layers = [.. Layers.Select(layer => layer switch
            {
                ConvolutionSpec convolution => convolution with { Channels = Scale(convolution.Channels) },
                InceptionSpec block => new InceptionSpec(
                    block.Name, Scale(block.Conv1x1), Scale(block.Reduce3x3), Scale(block.Conv3x3),
                    Scale(block.Reduce5x5), Scale(block.Conv5x5), Scale(block.PoolProjection)),
                _ => layer,
            })],
            Auxiliaries = [.. Auxiliaries.Select(head => head with { Channels = Scale(head.Channels) })],
        };
    }

    /// <summary>
    /// The preset of that name (<c>paper</c>, <c>tutorial</c>, <c>torchvision</c>, <c>cifar</c>, <c>cifar-small</c>, <c>cifar-fast</c>), letter case ignored.
    /// </summary>
    /// <exception cref="ArgumentException">No preset has that name; the message lists those there are.</exception>
    public static GoogLeNetSpec FromName(string name) =>
        Presets.FirstOrDefault(preset => string.Equals(preset.Name, name, StringComparison.OrdinalIgnoreCase))
        ?? throw new ArgumentException(
            $"There is no spec named '{name}'; the specs are {string.Join(", ", Presets.Select(preset => preset.Name))}.", nameof(name));

    /// <summary>The same network with what its heads leave open made explicit, as files hold it.</summary>
    internal GoogLeNetSpec WithExplicitHeads()
    {
        if (Auxiliaries.All(head => head is { Pooling: not null, Hidden: not null }))
        {
            return this;
        }

        var sizes = new Dictionary<string, int>();
        var size = InputSize;
        foreach (var layer in Layers)
        {
            sizes[layer.Name] = size = OutputSize(layer, size);
        }

        return this with
        {
            Auxiliaries = [.. Auxiliaries.Select(head =>
            {
                var (pooling, hidden) = head.On(sizes[head.After]);
                return head with { Pooling = pooling, Hidden = hidden };
            })],
        };
    }

    /// <summary>What the state keys of a layer's parameters start with.</summary>
    internal static string KeyOf(LayerSpec layer) => layer is InceptionSpec ? $"inception{layer.Name}" : layer.Name;
}
