using System.Text.Json.Serialization;

namespace Inception;

/// <summary>One row of the network's table: a layer of the trunk, in the order in which data flows. There are no other kinds than those here.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "layer")]
[JsonDerivedType(typeof(WhiteningSpec), "whitening")]
[JsonDerivedType(typeof(ConvolutionSpec), "convolution")]
[JsonDerivedType(typeof(MaxPoolSpec), "maxPool")]
[JsonDerivedType(typeof(LocalResponseNormSpec), "localResponseNorm")]
[JsonDerivedType(typeof(InceptionSpec), "inception")]
public abstract record LayerSpec
{
    private protected LayerSpec(string name) => Name = name;

    /// <summary>Unique name; the layer's state keys start with it.</summary>
    public string Name { get; init; }
}

/// <summary>
/// A first layer that is computed from training images and never learned: a convolution whose filters make the values of the images' patches
/// uncorrelated and of equal variance, each filter beside its negative, followed by ReLU. 2 · C · kernel² output channels from C.
/// </summary>
/// <remarks>
/// The filters are the eigenvectors of the patches' second moments, each divided by √(eigenvalue + <paramref name="Epsilon"/>): the first
/// layer of K. Jordan's airbench94 (arXiv:2404.00498, section 3.1). Training starts with most of what a first layer has to learn, and
/// nothing is to be computed backwards there. ⌊(kernel − 1) / 2⌋ zeros on each side, whatever the network's padding rule.
/// </remarks>
/// <param name="Name">Unique name, for example <c>whiten</c>.</param>
/// <param name="Kernel">Patch height and width in pixels, at least 1.</param>
/// <param name="Stride">Step in pixels, at least 1.</param>
/// <param name="Epsilon">Added to each eigenvalue, more than 0: directions of much smaller variance than this are noise and stay small.</param>
public sealed record WhiteningSpec(string Name, int Kernel, int Stride = 1, double Epsilon = 5e-4) : LayerSpec(Name)
{
    /// <summary>Zeros on each side of the image.</summary>
    [JsonIgnore]
    internal int Padding => (Kernel - 1) / 2;

    /// <summary>Channels after the layer.</summary>
    internal int OutChannels(int inChannels) => 2 * inChannels * Kernel * Kernel;
}

/// <summary>A square convolution followed by the network's normalization and ReLU.</summary>
/// <param name="Name">Unique name, for example <c>conv1</c>.</param>
/// <param name="Channels">Output channels, at least 1.</param>
/// <param name="Kernel">Kernel height and width in pixels, odd.</param>
/// <param name="Stride">Step in pixels, at least 1.</param>
/// <param name="Bias">Initial value of the bias; unused where batch normalization replaces the bias.</param>
public sealed record ConvolutionSpec(string Name, int Channels, int Kernel, int Stride = 1, double Bias = 0) : LayerSpec(Name);

/// <summary>A square max pooling; <see cref="GoogLeNetSpec.Pooling"/> says how its edges are treated.</summary>
/// <param name="Name">Unique name, for example <c>maxpool1</c>.</param>
/// <param name="Kernel">Window height and width in pixels.</param>
/// <param name="Stride">Step in pixels.</param>
public sealed record MaxPoolSpec(string Name, int Kernel, int Stride) : LayerSpec(Name);

/// <summary>Local response normalization across channels: x / (k + alpha/size · Σx²)^beta, as Caffe, PyTorch and ONNX define it.</summary>
/// <param name="Name">Unique name, for example <c>lrn1</c>.</param>
/// <param name="Size">Channels in the window.</param>
/// <param name="Alpha">Scale of the mean square.</param>
/// <param name="Beta">Exponent.</param>
/// <param name="K">Additive constant.</param>
public sealed record LocalResponseNormSpec(string Name, int Size = 5, double Alpha = 1e-4, double Beta = 0.75, double K = 1)
    : LayerSpec(Name);

/// <summary>
/// One row of Table 1 of Szegedy et al. (arXiv:1409.4842): the widths of an Inception block's four branches. The input's channels
/// follow from the layer before and are never repeated.
/// </summary>
/// <param name="Name">The block's name in the paper, for example <c>3a</c>.</param>
/// <param name="Conv1x1">Channels of the 1×1 branch ("#1×1").</param>
/// <param name="Reduce3x3">Channels of the 1×1 reduction before the 3×3 ("#3×3 reduce").</param>
/// <param name="Conv3x3">Channels of the 3×3 branch ("#3×3").</param>
/// <param name="Reduce5x5">Channels of the 1×1 reduction before the 5×5 ("#5×5 reduce").</param>
/// <param name="Conv5x5">Channels of the 5×5 branch ("#5×5").</param>
/// <param name="PoolProjection">Channels of the 1×1 after the pooling ("pool proj").</param>
public sealed record InceptionSpec(
    string Name, int Conv1x1, int Reduce3x3, int Conv3x3, int Reduce5x5, int Conv5x5, int PoolProjection) : LayerSpec(Name)
{
    /// <summary>Channels after concatenation: the 1×1, 3×3, 5×5 and pooling branches in that order.</summary>
    [JsonIgnore]
    public int OutChannels => Conv1x1 + Conv3x3 + Conv5x5 + PoolProjection;
}
