using System.Text.Json.Serialization;

namespace Inception;

/// <summary>
/// An auxiliary classifier of section 5 of the paper: pooling → 1×1 convolution → hidden layer → dropout → classifier, attached to the
/// output of one Inception block and trained with a weight in the total loss.
/// </summary>
/// <param name="Name">Unique name, for example <c>aux1</c>; it names the head in outputs, metrics and state keys.</param>
/// <param name="After">The Inception block whose output the classifier reads, for example <c>4a</c>.</param>
public sealed record AuxiliarySpec(string Name, string After)
{
    /// <summary>Weight of this head's loss in the total, more than 0. Default 0.3, as in the paper.</summary>
    public double Weight { get; init; } = 0.3;

    /// <summary>
    /// How the block's output is pooled. Default null: average of 5×5 windows with stride 3 where that gives the paper's 4×4 (maps of 14, 15 and 16 pixels), else an adaptive average to
    /// 4×4, or to the map's own size where it is smaller.
    /// </summary>
    public AuxiliaryPooling? Pooling { get; init; }

    /// <summary>Output channels of the 1×1 convolution. Default 128.</summary>
    public int Channels { get; init; } = 128;

    /// <summary>Units of the hidden layer. Default null: half as many as it has inputs, which is the paper's 1024 for 4×4 pixels of 128 channels.</summary>
    public int? Hidden { get; init; }

    /// <summary>Share of hidden units dropped in training, in [0, 1). Default 0.7.</summary>
    public double Dropout { get; init; } = 0.7;

    /// <summary>Initial bias of the convolution and the hidden layer. Default 0.</summary>
    public double Bias { get; init; }

    /// <summary>The pooling and the hidden units on a feature map of <paramref name="size"/> × <paramref name="size"/> pixels, at least 1.</summary>
    internal (AuxiliaryPooling Pooling, int Hidden) On(int size)
    {
        const int PaperSize = 4;
        var paper = new AveragePooling(5, 3);
        var pooling = Pooling ?? (paper.OutputSize(size) == PaperSize ? paper : new AdaptiveAveragePooling(Math.Min(PaperSize, size)));
        var pooled = (long)pooling.OutputSize(size);
        return (pooling, Hidden ?? (int)Math.Clamp(Channels * pooled * pooled / 2, 1, int.MaxValue));
    }
}

/// <summary>
/// The pooling in front of an auxiliary classifier. One of your own is a record that derives from this and implements <c>IPoolingOperator</c> of GoogLeNet.Net; who loads a file
/// with such a network names its type.
/// </summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "pooling")]
[JsonDerivedType(typeof(AveragePooling), "average")]
[JsonDerivedType(typeof(AdaptiveAveragePooling), "adaptiveAverage")]
public abstract record AuxiliaryPooling
{
    /// <summary>Output height or width for an input of <paramref name="size"/> pixels; 0 or less where the input is too small.</summary>
    /// <param name="size">Height or width of the feature map, at least 1.</param>
    public abstract int OutputSize(int size);
}

/// <summary>Average over windows inside the input ("valid"): output = ⌊(input − kernel) / stride⌋ + 1.</summary>
/// <param name="Kernel">Window height and width in pixels.</param>
/// <param name="Stride">Step in pixels.</param>
public sealed record AveragePooling(int Kernel, int Stride) : AuxiliaryPooling
{
    /// <inheritdoc/>
    public override int OutputSize(int size) => size < Kernel ? 0 : (size - Kernel) / Stride + 1;
}

/// <summary>Average to a fixed output size, whatever the input's, as torchvision does.</summary>
/// <param name="Size">Output height and width in pixels.</param>
public sealed record AdaptiveAveragePooling(int Size) : AuxiliaryPooling
{
    /// <inheritdoc/>
    public override int OutputSize(int size) => size > 0 ? Size : 0;
}
