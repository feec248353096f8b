using static TorchSharp.torch;

namespace Inception.Kernels;

/// <summary>Gradients on their way from a function of ours to libtorch.</summary>
internal static class Gradients
{
    [ThreadStatic]
    private static Tensor[]? handed;

    // Of the thread: on a CPU the backward pass runs on the one that asked for it.
    [ThreadStatic]
    private static bool releasesSaved;

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

    /// <summary>
    /// <c>loss.backward()</c> where no second one through the same graph follows: what functions of ours saved is released as soon as it is used, as libtorch's own do.
    /// TorchSharp would keep it until the loss is disposed.
    /// </summary>
    public static void BackwardOnce(Tensor loss)
    {
        releasesSaved = true;
        try
        {
            loss.backward();
        }
        finally
        {
            releasesSaved = false;
        }
    }

    /// <summary>To be called at the end of a backward pass with its context.</summary>
    public static void Used(autograd.AutogradContext context)
    {
        if (releasesSaved)
        {
            context.Dispose();
        }
    }
}
