using static TorchSharp.torch;

namespace Inception.Operators;

/// <summary>What the backward passes of the library's own functions share.</summary>
internal static class Gradients
{
    [ThreadStatic]
    private static Tensor[]? returned;

    /// <summary>
    /// To be called with what a backward pass returns. libtorch takes references of its own, but the returned objects would keep the gradients' memory until the step's
    /// dispose scope ends; the next call on this thread disposes them.
    /// </summary>
    public static void DisposeAfterNextBackward(params Tensor[] gradients)
    {
        foreach (var gradient in returned ?? [])
        {
            gradient.Dispose();
        }

        returned = gradients;
    }

    /// <summary>
    /// The gradients by libtorch's own operators, which can be differentiated again: for a backward pass that is recorded itself (<c>create_graph: true</c>).
    /// </summary>
    /// <returns>The gradient of each input; null where none is required.</returns>
    public static Tensor?[] ByLibtorch(Func<Tensor> forward, IReadOnlyList<Tensor> inputs, Tensor gradient)
    {
        if (!inputs.Any(input => input.requires_grad))
        {
            return new Tensor?[inputs.Count];
        }

        var gradients = new Queue<Tensor>(autograd.grad([forward()], [.. inputs.Where(input => input.requires_grad)], [gradient], retain_graph: true, create_graph: true));
        return [.. inputs.Select(input => input.requires_grad ? gradients.Dequeue() : null)];
    }
}
