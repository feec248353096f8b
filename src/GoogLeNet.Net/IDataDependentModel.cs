using static TorchSharp.torch;

namespace Inception;

/// <summary>A model of which a part is computed from training images before its first step. The trainer does that where a run begins.</summary>
public interface IDataDependentModel
{
    /// <summary>Whether that part still waits for images; false for good once it has seen some, in this process or before it was saved.</summary>
    bool AwaitsImages { get; }

    /// <summary>Computes that part.</summary>
    /// <param name="images">Training images (N, C, H, W) as the network gets them when it is evaluated, float32, on the model's device; some thousand do.</param>
    /// <exception cref="ArgumentException">The images do not fit the model.</exception>
    void FitTo(Tensor images);
}
