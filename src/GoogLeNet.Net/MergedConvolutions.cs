using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Inception;

/// <summary>
/// Several 1×1 convolutions that read the same input, computed as one: the input is read once, and normalisation and ReLU run once. The
/// blocks keep their own parameters, buffers and state keys.
/// </summary>
internal static class MergedConvolutions
{
    /// <summary>Each block's output (N, its channels, H, W), in the blocks' order; the same numbers as from calling each.</summary>
    /// <param name="input">(N, C, H, W).</param>
    /// <param name="blocks">1×1 convolutions with stride 1 from C channels, all with batch normalisation or all without.</param>
    public static Tensor[] Call(Tensor input, ConvolutionBlock[] blocks)
    {
        using var scope = NewDisposeScope();
        var weight = cat(blocks.Select(block => block.Conv.weight).ToArray());
        var hasNorm = blocks[0].Norm is not null;
        var bias = hasNorm ? null : cat(blocks.Select(block => block.Conv.bias!).ToArray());
        var convolved = functional.conv2d(input, weight, bias);
        var activated = functional.relu(hasNorm ? Normalise(convolved, blocks) : convolved, inplace: true);

        var outputs = Split(activated, 1, blocks);
        foreach (var output in outputs)
        {
            output.MoveToOuterDisposeScope();
        }

        return outputs;
    }

    private static Tensor Normalise(Tensor input, ConvolutionBlock[] blocks)
    {
        var norms = blocks.Select(block => block.Norm!).ToArray();
        var training = norms[0].training;
        var mean = cat(norms.Select(norm => norm.running_mean!).ToArray());
        var variance = cat(norms.Select(norm => norm.running_var!).ToArray());
        var output = functional.batch_norm(
            input, mean, variance, cat(norms.Select(norm => norm.weight).ToArray()), cat(norms.Select(norm => norm.bias!).ToArray()),
            training, norms[0].momentum!.Value, norms[0].eps);
        if (training)
        {
            // The running statistics were updated in the joined copies; each block gets its part back.
            using var frozen = no_grad();
            var (means, variances) = (Split(mean, 0, blocks), Split(variance, 0, blocks));
            for (var i = 0; i < norms.Length; i++)
            {
                norms[i].running_mean!.copy_(means[i]);
                norms[i].running_var!.copy_(variances[i]);
                norms[i].num_batches_tracked!.add_(1);
            }
        }

        return output;
    }

    // One operator for all parts: backwards it joins their gradients in one copy, where parts cut out one by one would each fill a whole of zeros.
    private static Tensor[] Split(Tensor joined, int dimension, ConvolutionBlock[] blocks) =>
        joined.split([.. blocks.Select(block => (long)block.OutChannels)], dimension);
}
