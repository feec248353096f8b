namespace Inception;

/// <summary>What follows each convolution before its ReLU.</summary>
public enum Normalization
{
    /// <summary>Nothing; the convolutions have biases, as in the paper.</summary>
    None,

    /// <summary>Batch normalization; the convolutions have no bias.</summary>
    BatchNorm,
}

/// <summary>What stands in the third branch of an Inception block after its reduction.</summary>
public enum Branch5x5
{
    /// <summary>One 5×5 convolution, as in the paper.</summary>
    Conv5x5,

    /// <summary>One 3×3 convolution, as in torchvision, where it is kept as a known deviation.</summary>
    Conv3x3,

    /// <summary>Two 3×3 convolutions with the same receptive field.</summary>
    TwoConv3x3,
}

/// <summary>How convolutions pad.</summary>
public enum PaddingRule
{
    /// <summary>⌊kernel / 2⌋ zeros on each side, as in Caffe and PyTorch.</summary>
    Symmetric,

    /// <summary>TensorFlow's <c>same</c>: output = ⌈input / stride⌉, the odd zero at the bottom and right.</summary>
    Same,
}

/// <summary>How max poolings treat the input's edges.</summary>
public enum PoolingRule
{
    /// <summary>No padding where the stride exceeds 1, output size rounded up: Caffe's rule.</summary>
    Ceil,

    /// <summary>⌊kernel / 2⌋ on each side, output size rounded down: the usual rule in PyTorch models.</summary>
    Floor,

    /// <summary>TensorFlow's <c>same</c>: output = ⌈input / stride⌉.</summary>
    Same,
}

/// <summary>The distribution that convolution and fully connected weights are drawn from.</summary>
public enum WeightInitializer
{
    /// <summary>Uniform in ±√(6 / (fan in + fan out)): Keras's default.</summary>
    GlorotUniform,

    /// <summary>Uniform in ±√(3 / fan in): Caffe's <c>xavier</c> filler.</summary>
    CaffeXavier,

    /// <summary>Uniform in ±√(6 / fan in): He et al., for ReLU networks with batch normalization.</summary>
    HeUniform,

    /// <summary>
    /// Normal of mean 0 and deviation 0.01, cut at ±2 deviations and so within ±0.02: torchvision's GoogLeNet. (Since 0.12 torchvision
    /// writes the cut as ±2 in absolute terms, which cuts nothing.)
    /// </summary>
    TruncatedNormal,
}

/// <summary>What all blocks of one network share. The defaults are the paper's network as Caffe trains it.</summary>
public sealed record BlockOptions
{
    /// <summary>What follows each convolution. Default <see cref="Normalization.None"/>.</summary>
    public Normalization Normalization { get; init; } = Normalization.None;

    /// <summary>Added to the variance in batch normalization. Default 1e-3.</summary>
    public double BatchNormEpsilon { get; init; } = 1e-3;

    /// <summary>Share of the newest batch in batch normalization's running statistics, in (0, 1]. Default 0.1.</summary>
    public double BatchNormMomentum { get; init; } = 0.1;

    /// <summary>The third branch. Default <see cref="Branch5x5.Conv5x5"/>.</summary>
    public Branch5x5 Branch5x5 { get; init; } = Branch5x5.Conv5x5;

    /// <summary>How convolutions pad. Default <see cref="PaddingRule.Symmetric"/>.</summary>
    public PaddingRule Padding { get; init; } = PaddingRule.Symmetric;

    /// <summary>Where weights are drawn from. Default <see cref="WeightInitializer.CaffeXavier"/>.</summary>
    public WeightInitializer Weights { get; init; } = WeightInitializer.CaffeXavier;

    /// <summary>
    /// Whether the first filters of each convolution larger than 1×1 start as the identity, as many as it has inputs: each passes one input on, and
    /// those beyond are drawn. A deep network then starts as a shallow one (airbench94's <c>dirac</c>, arXiv:2404.00498, section 3.2).
    /// Default false.
    /// </summary>
    public bool IdentityFilters { get; init; }

    /// <summary>Initial bias of the convolutions inside Inception blocks. Default 0.2.</summary>
    public double InceptionBias { get; init; } = 0.2;
}
