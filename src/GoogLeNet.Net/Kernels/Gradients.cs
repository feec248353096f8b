using static TorchSharp.torch;

namespace Inception.Kernels;

/// <summary>Gradients on their way from a function of ours to libtorch.</summary>
internal static class Gradients
{
    [ThreadStatic]
    private static Tensor? handed;

    /// <summary>
    /// To be called with what a backward pass returns. libtorch takes a reference of its own, but the object that is returned would keep the gradient's memory until
    /// the step's scope ends; the next call on this thread disposes it.
    /// </summary>
    /// <returns>The gradient.</returns>
    public static Tensor HandOver(Tensor gradient)
    {
        handed?.Dispose();
        handed = gradient;
        return gradient;
    }
}
