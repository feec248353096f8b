using Inception.Operators;
using static TorchSharp.torch;

namespace Inception;

/// <summary>
/// Several 1×1 convolutions that read one input, computed as one (horizontally fused): the input is read once, and normalization and ReLU run once. The same numbers as one
/// by one; each block keeps its own parameters, buffers and state keys.
/// </summary>
internal static class ParallelConv1x1
{
    /// <summary>Each block's output, (N, its channels, H, W).</summary>
    /// <param name="x">(N, C, H, W).</param>
    /// <param name="blocks">1×1 convolutions with stride 1 from C channels, all with batch normalization or all without.</param>
    public static Tensor[] Apply(Tensor x, params ConvBnRelu[] blocks)
    {
        if (blocks.Any(block => block.Norm?.training != blocks[0].Norm?.training))
        {
            return [.. blocks.Select(block => block.call(x))]; // One of them is frozen.
        }

        blocks[0].CheckVariance(x);
        using var scope = NewDisposeScope();
        var weight = cat([.. blocks.Select(block => block.Conv.weight)]);
        var joined = blocks[0].Norm is null
            ? Ops.Conv2d(x, weight, cat([.. blocks.Select(block => block.Conv.bias!)]), stride: 1, padding: 0, relu: true)
            : Ops.BatchNormRelu(Ops.Conv2d(x, weight, bias: null, stride: 1, padding: 0), [.. blocks.Select(block => block.Norm!)]);

        // One operator for all parts: backwards it joins their gradients in one copy, where parts cut out one by one would each fill a whole of zeros.
        var outputs = joined.split([.. blocks.Select(block => block.Conv.weight.shape[0])], dim: 1);
        foreach (var output in outputs)
        {
            output.MoveToOuterDisposeScope();
        }

        return outputs;
    }
}
