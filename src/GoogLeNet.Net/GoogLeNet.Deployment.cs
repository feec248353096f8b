using Inception.Architecture;
using Inception.Data.Transforms;
using Inception.Kernels;
using Inception.Serialization;
using TorchSharp;
using static TorchSharp.torch;

namespace Inception;

public sealed partial class GoogLeNet
{
    /// <summary>
    /// The network that is deployed: a copy without auxiliary classifiers, in evaluation mode, on the same device, whose main head gives
    /// the same logits bit for bit.
    /// </summary>
    /// <returns>A network of its own, which the caller disposes. This one is unchanged and shares no memory with it.</returns>
    public GoogLeNet WithoutAuxiliaries() => Derive(Spec with { Auxiliaries = [] });

    /// <summary>
    /// A network for inference whose convolutions contain their batch normalisation: weight w · γ / √(σ² + ε) and bias β − μ · γ / √(σ² + ε),
    /// from the running statistics μ and σ². Up to rounding it computes what the main head computes in evaluation mode. Its weights lie in memory as inference on the
    /// device reads them: a network for a GPU is moved there first and folded then.
    /// </summary>
    /// <returns>
    /// A network of its own, which the caller disposes: in evaluation mode, on the same device, without auxiliary classifiers, its spec with
    /// <see cref="Normalization.None"/>. This one is unchanged.
    /// </returns>
    /// <exception cref="InvalidOperationException">The network has no batch normalisation.</exception>
    public GoogLeNet FoldBatchNorm()
    {
        if (Spec.Blocks.Normalization != Normalization.BatchNorm)
        {
            throw new InvalidOperationException(
                $"'{Spec.Name}' has no batch normalisation to fold: Blocks.Normalization is {Spec.Blocks.Normalization}.");
        }

        var folded = Derive(Spec with { Auxiliaries = [], Blocks = Spec.Blocks with { Normalization = Normalization.None } });
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        var (source, target) = (this.State(), folded.State());
        foreach (var (key, _) in folded.named_modules().Where(named => named.module is ConvolutionBlock))
        {
            using var step = NewDisposeScope();
            var (filters, (weight, bias)) = (target[$"{key}.conv.weight"], Fold(source, key, Spec.Blocks.BatchNormEpsilon));
            Adopt(filters, Lay(weight.to(filters.dtype)));
            Adopt(target[$"{key}.conv.bias"], bias);
        }

        foreach (var block in folded.modules().OfType<InceptionModule>())
        {
            block.LayReadersTogether();
        }

        return folded;
    }

    /// <summary>A network of another spec in evaluation mode, with copies of the tensors whose keys both have.</summary>
    private GoogLeNet Derive(GoogLeNetSpec spec)
    {
        var network = new GoogLeNet(NumClasses, spec).to(fc.weight.device, fc.weight.dtype);
        network.eval();
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        var source = this.State();
        foreach (var (key, target) in network.State().Where(entry => source.ContainsKey(entry.Key)))
        {
            Adopt(target, source[key].detach());
        }

        return network;
    }

    // In doubles, so that each number is rounded once.
    private static (Tensor Weight, Tensor Bias) Fold(Dictionary<string, Tensor> state, string block, double epsilon)
    {
        Tensor Doubles(string key) => state[$"{block}.{key}"].detach().to(ScalarType.Float64);

        var scale = Doubles("bn.weight") / (Doubles("bn.running_var") + epsilon).sqrt();
        var weight = Doubles("conv.weight") * scale.view(-1, 1, 1, 1);
        return (weight, Doubles("bn.bias") - (Doubles("bn.running_mean") * scale));
    }

    // In memory as inference reads it.
    private static Tensor Lay(Tensor weight) =>
        PatchConvolution.Suits(weight) ? PatchConvolution.Lay(weight) : ChannelsLast.Images(ChannelsLast.Pixels(weight));

    // Takes over the strides with the values: convolutions give the same bits only in the same memory layout.
    private static void Adopt(Tensor target, Tensor value) => target.set_(value.to(target.dtype, copy: true));
}
