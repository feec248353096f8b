namespace Inception.Training;

/// <summary>The number format that a network is trained in.</summary>
public enum Precision
{
    /// <summary>float32 throughout.</summary>
    Float32,

    /// <summary>
    /// Weights, biases and activations in bfloat16, which has float32's range and 8 significant bits; weights as they are moved, averaged and
    /// saved, normalisations and losses in float32.
    /// </summary>
    BFloat16,
}
