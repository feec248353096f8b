using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Inception;

/// <summary>Local response normalization across channels, scaled as Caffe does; computed in float32 where the input is bfloat16. Shape and type unchanged.</summary>
internal sealed class LocalResponseNorm(LocalResponseNormSpec spec) : Module<Tensor, Tensor>(nameof(LocalResponseNorm))
{
    /// <inheritdoc/>
    public override Tensor forward(Tensor x)
    {
        if (x.dtype != ScalarType.BFloat16)
        {
            return Normalize(x);
        }

        using var wide = x.to(ScalarType.Float32);
        using var normalized = Normalize(wide);
        return normalized.to(ScalarType.BFloat16);
    }

    private Tensor Normalize(Tensor x) => functional.local_response_norm(x, spec.Size, spec.Alpha, spec.Beta, spec.K);
}
