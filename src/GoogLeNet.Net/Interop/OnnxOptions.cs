namespace Inception.Interop;

/// <summary>What an ONNX file holds beside the network's main head.</summary>
public sealed record OnnxOptions
{
    private readonly int? height;
    private readonly int? width;

    /// <summary>Gets the height in pixels of the images that the network computes with, at least 1. Default null: <see cref="MultiHeadModel.InputSize"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is less than 1.</exception>
    public int? Height
    {
        get => height;
        init => height = value is { } pixels ? Check.AtLeast(1, pixels, nameof(Height)) : null;
    }

    /// <summary>Gets the width in pixels of the images that the network computes with, at least 1. Default null: the height.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is less than 1.</exception>
    public int? Width
    {
        get => width;
        init => width = value is { } pixels ? Check.AtLeast(1, pixels, nameof(Width)) : null;
    }

    /// <summary>Gets whether the auxiliary heads are outputs, too. Default false.</summary>
    public bool IncludeAuxiliaries { get; init; }

    /// <summary>Gets whether batch normalization is folded into the convolutions. Default true; false keeps it as nodes of its own.</summary>
    public bool FoldBatchNorm { get; init; } = true;

    /// <summary>
    /// Gets whether the file does what <see cref="Evaluation.Predictor"/> does with a decoded picture before the network: it takes pictures of any size, uint8 (N, C, H, W) with values 0 to
    /// 255, resizes and normalizes them. Default false: it takes float32 images as the network sees them.
    /// </summary>
    /// <remarks>The resizing needs a runtime with <c>Resize</c> of opset 18 and its antialiasing, such as ONNX Runtime. <see cref="Height"/> and <see cref="Width"/> are then the preprocessing's.</remarks>
    public bool IncludePreprocessing { get; init; }

    /// <summary>Gets whether the outputs are probabilities instead of logits, the main head's with <see cref="MultiHeadModel.Temperature"/>. Default false.</summary>
    public bool IncludeSoftmax { get; init; }
}
