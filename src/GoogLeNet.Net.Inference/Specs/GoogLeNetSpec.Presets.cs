using System.Collections.Immutable;

namespace Inception;

public sealed partial record GoogLeNetSpec
{
    /// <summary>
    /// The network of Szegedy et al., arXiv:1409.4842, with the choices of BVLC's Caffe model where the paper is silent: local response
    /// normalization twice, poolings that round up, Xavier weights, bias 0.2, heads on 4a and 4d. Input (N, 3, 224, 224).
    /// </summary>
    public static GoogLeNetSpec Paper { get; } = new()
    {
        Name = "paper",
        InputSize = 224,
        Layers =
        [
            new ConvolutionSpec("conv1", 64, Kernel: 7, Stride: 2, Bias: 0.2),
            new MaxPoolSpec("maxpool1", 3, 2),
            new LocalResponseNormSpec("lrn1"),
            new ConvolutionSpec("conv2", 64, Kernel: 1, Bias: 0.2),
            new ConvolutionSpec("conv3", 192, Kernel: 3, Bias: 0.2),
            new LocalResponseNormSpec("lrn2"),
            new MaxPoolSpec("maxpool2", 3, 2),
            .. Table1,
        ],
        Auxiliaries = [PaperHead("aux1", after: "4a") with { Bias = 0.2 }, PaperHead("aux2", after: "4d") with { Bias = 0.2 }],
    };

    /// <summary>
    /// The Keras tutorial that this project starts from: TensorFlow's <c>same</c> padding, no local response normalization, Glorot
    /// uniform weights, bias 0.2 in the first convolution and the Inception blocks. 10,334,030 parameters with 10 classes.
    /// </summary>
    public static GoogLeNetSpec Tutorial { get; } = new()
    {
        Name = "tutorial",
        InputSize = 224,
        Layers =
        [
            new ConvolutionSpec("conv1", 64, Kernel: 7, Stride: 2, Bias: 0.2),
            new MaxPoolSpec("maxpool1", 3, 2),
            new ConvolutionSpec("conv2", 64, Kernel: 1),
            new ConvolutionSpec("conv3", 192, Kernel: 3),
            new MaxPoolSpec("maxpool2", 3, 2),
            .. Table1,
        ],
        Auxiliaries = [PaperHead("aux1", after: "4a"), PaperHead("aux2", after: "4d")],
        Blocks = new() { Padding = PaddingRule.Same, Weights = WeightInitializer.GlorotUniform },
        Pooling = PoolingRule.Same,
    };

    /// <summary>
    /// torchvision's <c>googlenet</c>, to the last state key: batch normalization, a 3×3 convolution in the 5×5 branch, a last pooling of
    /// 2×2, heads on adaptive 4×4 pooling. Input (N, 3, 224, 224). With 1000 classes 364 state entries and 13,004,888 parameters, without
    /// heads 344 and 6,624,904.
    /// </summary>
    /// <remarks>
    /// Source: <c>torchvision/models/googlenet.py</c>, BSD. Its published weights expect images normalized by 0.5 and 0.5, which its
    /// <c>transform_input</c> makes from ImageNet's mean and deviation; that is no part of the network here. Fresh biases are 0; torchvision
    /// leaves those of the fully connected layers to PyTorch's default.
    /// </remarks>
    public static GoogLeNetSpec TorchVision { get; } = new()
    {
        Name = "torchvision",
        InputSize = 224,
        Layers =
        [
            new ConvolutionSpec("conv1", 64, Kernel: 7, Stride: 2),
            new MaxPoolSpec("maxpool1", 3, 2),
            new ConvolutionSpec("conv2", 64, Kernel: 1),
            new ConvolutionSpec("conv3", 192, Kernel: 3),
            new MaxPoolSpec("maxpool2", 3, 2),
            .. Table1.Select(layer => layer.Name == "maxpool4" ? new MaxPoolSpec("maxpool4", 2, 2) : layer),
        ],
        Auxiliaries = [TorchVisionHead("aux1", after: "4a"), TorchVisionHead("aux2", after: "4d")],
        Blocks = new()
        {
            Normalization = Normalization.BatchNorm,
            BatchNormEpsilon = 1e-3,
            Branch5x5 = Branch5x5.Conv3x3,
            Weights = WeightInitializer.TruncatedNormal,
        },
        Dropout = 0.2,
    };

    /// <summary>
    /// Full resolution for 32×32 images with batch normalization, after kuangliu/pytorch-cifar: a 3×3 stem without stride or pooling,
    /// two 3×3 convolutions in place of the 5×5. As much work for one image as the paper's network at 224×224.
    /// </summary>
    public static GoogLeNetSpec Cifar { get; } = new()
    {
        Name = "cifar",
        InputSize = 32,
        Layers = [new ConvolutionSpec("conv1", 192, Kernel: 3), .. Table1],
        Auxiliaries = [CifarHead("aux1", after: "4a"), CifarHead("aux2", after: "4d")],
        Blocks = CifarBlocks with { Branch5x5 = Branch5x5.TwoConv3x3 },
        Pooling = PoolingRule.Floor,
        Dropout = 0,
    };

    /// <summary>
    /// The one that two CPU cores can train: batch normalization, half the widths, and a stem that pools 32×32 to 8×8 before the first
    /// Inception block, as the paper's stem does in proportion.
    /// </summary>
    public static GoogLeNetSpec CifarSmall { get; } = new GoogLeNetSpec
    {
        Name = "cifar-small",
        InputSize = 32,
        Layers =
        [
            new ConvolutionSpec("conv1", 64, Kernel: 3),
            new MaxPoolSpec("maxpool1", 3, 2),
            new ConvolutionSpec("conv2", 64, Kernel: 1),
            new ConvolutionSpec("conv3", 192, Kernel: 3),
            new MaxPoolSpec("maxpool2", 3, 2),
            .. Table1,
        ],
        Auxiliaries = [CifarHead("aux1", after: "4a"), CifarHead("aux2", after: "4d")],
        Blocks = CifarBlocks,
        Pooling = PoolingRule.Floor,
        Dropout = 0,
    }.WithWidth(0.5);

    /// <summary>
    /// <see cref="CifarSmall"/> for few epochs: a whitening of 4×4 patches in place of the first convolution and its pooling, and filters that start as
    /// the identity.
    /// </summary>
    public static GoogLeNetSpec CifarFast { get; } = CifarSmall with
    {
        Name = "cifar-fast",
        Layers = [new WhiteningSpec("whiten", Kernel: 4, Stride: 2), .. CifarSmall.Layers.Skip(2)],
        Blocks = CifarSmall.Blocks with { IdentityFilters = true },
    };

    /// <summary>All presets.</summary>
    public static ImmutableArray<GoogLeNetSpec> Presets { get; } = [Paper, Tutorial, TorchVision, Cifar, CifarSmall, CifarFast];

    // Table 1 of the paper from 3a to 5b.
    private static ImmutableArray<LayerSpec> Table1 =>
    [
        //                      1×1  3×3 reduce  3×3  5×5 reduce  5×5  pool proj
        new InceptionSpec("3a",  64,         96, 128,         16,  32,        32),
        new InceptionSpec("3b", 128,        128, 192,         32,  96,        64),
        new MaxPoolSpec("maxpool3", 3, 2),
        new InceptionSpec("4a", 192,         96, 208,         16,  48,        64),
        new InceptionSpec("4b", 160,        112, 224,         24,  64,        64),
        new InceptionSpec("4c", 128,        128, 256,         24,  64,        64),
        new InceptionSpec("4d", 112,        144, 288,         32,  64,        64),
        new InceptionSpec("4e", 256,        160, 320,         32, 128,       128),
        new MaxPoolSpec("maxpool4", 3, 2),
        new InceptionSpec("5a", 256,        160, 320,         32, 128,       128),
        new InceptionSpec("5b", 384,        192, 384,         48, 128,       128),
    ];

    private static AuxiliarySpec PaperHead(string name, string after) => new(name, after) { Pooling = new AveragePooling(5, 3), Hidden = 1024 };

    private static AuxiliarySpec TorchVisionHead(string name, string after) => new(name, after) { Pooling = new AdaptiveAveragePooling(4), Hidden = 1024 };

    private static BlockOptions CifarBlocks =>
        new() { Normalization = Normalization.BatchNorm, BatchNormEpsilon = 1e-5, Weights = WeightInitializer.HeUniform };

    // Feature maps of 32×32 input are too small for the paper's 5×5 windows; dropout 0.7 is too much for a few epochs.
    private static AuxiliarySpec CifarHead(string name, string after) =>
        new(name, after) { Pooling = new AdaptiveAveragePooling(2), Hidden = 256, Dropout = 0.2 };
}
