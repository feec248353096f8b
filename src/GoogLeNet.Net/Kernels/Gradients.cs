using static TorchSharp.torch;

namespace Inception.Kernels;

/// <summary>Gradients on their way from a function of ours to libtorch.</summary>
internal static class Gradients
{
    [ThreadStatic]
    private static Tensor[]? handed;

    /// <summary>
    /// To be called with what a backward pass returns. libtorch takes references of its own, but the objects that are returned would keep the gradients' memory until
    /// the step's scope ends; the next call on this thread disposes them.
    /// </summary>
    public static void HandOver(params Tensor[] gradients)
    {
        foreach (var gradient in handed ?? [])
        {
            gradient.Dispose();
        }

        handed = gradients;
    }
}
