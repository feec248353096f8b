using Inception.Architecture;
using static TorchSharp.torch;

namespace Inception.Kernels;

/// <summary>
/// An Inception block of a folded network on a CPU, by kernels that write their outputs where they belong in the concatenation. Those that do not wait for each other run
/// together: each time that threads share work one has to be woken, and one waits for the other in the end.
/// </summary>
/// <param name="spec">Widths of the branches.</param>
/// <param name="readers">The 1×1 convolutions of the input: the first branch, and the reductions before 3×3 and 5×5.</param>
/// <param name="after3x3">What follows the reduction before 3×3.</param>
/// <param name="after5x5">What follows the one before 5×5.</param>
/// <param name="pool">The pooling of the input.</param>
/// <param name="projection">What follows it.</param>
internal sealed class InceptionKernels(
    InceptionSpec spec, MergedConvolutions readers, ConvolutionBlock[] after3x3, ConvolutionBlock[] after5x5, MaxPooling pool, ConvolutionBlock projection)
{
    /// <summary>The block's output; null in a network that is not folded, where a gradient is asked for, and where a kernel does not take its part.</summary>
    /// <param name="input">(N, in, H, W).</param>
    public Tensor? Call(Tensor input)
    {
        if (is_grad_enabled() || !readers.IsLaid || !KernelInput.Suits(input, MaxPoolingKernel.Block))
        {
            return null;
        }

        using var scope = NewDisposeScope();
        var reduced = KernelInput.Images(input, spec.Reduce3x3 + spec.Reduce5x5);
        var output = KernelInput.Images(input, spec.OutChannels);
        var into = output.split([spec.Conv1x1, spec.Conv3x3, spec.Conv5x5, spec.PoolProjection], dim: 1);
        if (readers.Prepare(input, into[0], reduced) is not { } read || pool.Prepare(input) is not { } pooled)
        {
            return null;
        }

        var from = reduced.split([spec.Reduce3x3, spec.Reduce5x5], dim: 1);
        var first = new List<KernelCall> { read };
        var then = Enumerable.Range(0, Math.Max(after3x3.Length, after5x5.Length)).Select(_ => new List<KernelCall>()).ToArray();
        if (!Add(after3x3, from[0], into[1]) || !Add(after5x5, from[1], into[2]) || !Add([projection], pooled.Output, into[3]))
        {
            return null;
        }

        Ranges.RunFollowed([.. first, pooled.Call]);
        foreach (var step in then)
        {
            Ranges.RunFollowed([.. step]);
        }

        return output.MoveToOuterDisposeScope();

        // The convolutions of a branch wait for each other, the transforms of their filters for nothing.
        bool Add(ConvolutionBlock[] blocks, Tensor x, Tensor y)
        {
            for (var i = 0; i < blocks.Length; i++)
            {
                var next = i == blocks.Length - 1 ? y : KernelInput.Images(x, blocks[i].OutChannels);
                if (blocks[i].Prepare(x, next) is not { } calls)
                {
                    return false;
                }

                if (calls.Filters is { } filters)
                {
                    first.Add(filters);
                }

                then[i].Add(calls.Outputs);
                x = next;
            }

            return true;
        }
    }
}
