using Inception.Kernels;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Inception;

/// <summary>
/// Several 1×1 convolutions that read the same input, computed as one: the input is read once, and normalisation and ReLU run once. The
/// blocks keep their own parameters, buffers and state keys.
/// </summary>
/// <param name="blocks">1×1 convolutions with stride 1 from as many channels, all with batch normalisation or all without.</param>
internal sealed class MergedConvolutions(ConvolutionBlock[] blocks)
{
    private Tensor? weights;
    private Tensor? biases;

    /// <summary>Each block's output (N, its channels, H, W), in the blocks' order; the same numbers as from calling each.</summary>
    /// <param name="input">(N, C, H, W).</param>
    public Tensor[] Call(Tensor input)
    {
        using var scope = NewDisposeScope();
        var hasNorm = blocks[0].Norm is not null;
        var weight = Joined(weights, block => block.Conv.weight);
        var bias = hasNorm ? null : Joined(biases, block => block.Conv.bias!);
        var outputs = Split(Convolve(input, weight, bias, hasNorm), 1);
        foreach (var output in outputs)
        {
            output.MoveToOuterDisposeScope();
        }

        return outputs;
    }

    /// <summary>
    /// Lays the blocks' weights and biases one behind the other on a CPU, so that inference does not join them each time. That lasts
    /// until something moves them: training, another device or type.
    /// </summary>
    public void LayTogether()
    {
        if (blocks[0].Conv.weight.device_type != DeviceType.CPU)
        {
            return;
        }

        weights = LaidTogether(block => block.Conv.weight);
        biases = LaidTogether(block => block.Conv.bias!);
    }

    /// <summary>Whether <see cref="LayTogether"/> laid them for a kernel.</summary>
    public bool IsLaid => weights is not null && PatchConvolution.Reads(weights);

    /// <summary>Releases what <see cref="LayTogether"/> made.</summary>
    public void Release()
    {
        weights?.Dispose();
        biases?.Dispose();
    }

    /// <summary>What computes them where they <see cref="IsLaid">are laid</see> and no gradient is asked for, in the caller's dispose scope. None where libtorch computes them.</summary>
    /// <param name="input">(N, C, H, W).</param>
    /// <param name="outputs">The first channels (N, some, H, W), the next ones and so on: images that lie channels last, or some of their channels.</param>
    public KernelCall? Prepare(Tensor input, params Tensor[] outputs)
    {
        if (!outputs.All(output => PatchConvolution.Fills(output.shape[1])))
        {
            return null;
        }

        var weight = Joined(weights, block => block.Conv.weight);
        return PatchConvolution.Takes(input, weight) ? PatchConvolution.Call(input, weight, Joined(biases, block => block.Conv.bias!), relu: true, outputs) : null;
    }

    private Tensor Convolve(Tensor input, Tensor weight, Tensor? bias, bool hasNorm)
    {
        if (!hasNorm && PatchConvolution.Takes(input, weight))
        {
            return PatchConvolution.Convolve(input, weight, bias, relu: true);
        }

        var convolved = PointwiseConvolution.Apply(input, weight, bias);
        return hasNorm ? NormaliseAndActivate(convolved) : functional.relu(convolved, inplace: true);
    }

    private Tensor LaidTogether(Func<ConvolutionBlock, Tensor> part)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        var joined = cat(blocks.Select(part).ToArray()).detach();
        var whole = (joined.dim() > 1 && PatchConvolution.Suits(joined) ? PatchConvolution.Lay(joined) : joined).DetachFromDisposeScope();
        foreach (var (block, view) in blocks.Zip(Split(whole, 0)))
        {
            part(block).set_(view);
        }

        return whole;
    }

    private Tensor Joined(Tensor? whole, Func<ConvolutionBlock, Tensor> part)
    {
        var parts = blocks.Select(part).ToArray();
        return whole is not null && !is_grad_enabled() && Consists(whole, parts) ? whole : cat(parts);
    }

    // Whether its memory is theirs.
    private static bool Consists(Tensor whole, Tensor[] parts)
    {
        var next = 0;
        foreach (var part in parts)
        {
            var isComparable = part.device_type == DeviceType.CPU && part.dtype == whole.dtype && part.stride().SequenceEqual(whole.stride());
            if (!isComparable || !FirstNumbers(whole).Overlaps(FirstNumbers(part), out var offset) || offset != next)
            {
                return false;
            }

            next += (int)(part.shape[0] * part.stride(0) * part.element_size());
        }

        return true;
    }

    // From the first number on as many as lie without gaps: all, or the weights for the first input where those of one output do not lie together.
#pragma warning disable RS0030 // Addresses alone, of weights that are the host's.
    private static Span<byte> FirstNumbers(Tensor part) => part.is_contiguous() ? part.bytes : part.select(1, 0).bytes;
#pragma warning restore RS0030

    private Tensor NormaliseAndActivate(Tensor input)
    {
        var norms = blocks.Select(block => block.Norm!).ToArray();
        return NormalizationFunction.Takes(input, norms[0])
            ? NormalizationFunction.Normalize(input, norms, relu: true)
            : functional.relu(Normalise(input, norms), inplace: true);
    }

    // By libtorch.
    private Tensor Normalise(Tensor input, BatchNorm2d[] norms)
    {
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
            var (means, variances) = (Split(mean, 0), Split(variance, 0));
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
    private Tensor[] Split(Tensor joined, int dimension) => joined.split([.. blocks.Select(block => (long)block.OutChannels)], dimension);
}
