using Inception.Kernels;
using TorchSharp;
using static TorchSharp.torch;

namespace Inception.Training;

/// <summary>The number format that a network is trained in.</summary>
public enum Precision
{
    /// <summary>float32 throughout.</summary>
    Float32,

    /// <summary>
    /// Weights, biases and activations in bfloat16, which has float32's range and 8 significant bits; weights as they are moved, averaged and
    /// saved, normalizations and losses in float32.
    /// </summary>
    BFloat16,
}

/// <summary>Which devices gain by a number format.</summary>
public static class PrecisionSupport
{
    /// <summary>
    /// Whether a device multiplies matrices in this format by instructions of its own. Where it does not, the format is emulated, and training in it
    /// is slower than in float32.
    /// </summary>
    /// <param name="precision">The format.</param>
    /// <param name="device">A processor: bfloat16 takes AVX-512 BF16 (Zen 4, Cooper Lake) or AMX (Sapphire Rapids) and is not looked for on others than
    /// x86. A GPU counts as having it, as all do since Ampere.</param>
    public static bool IsAcceleratedOn(this Precision precision, Device device)
    {
        ArgumentNullException.ThrowIfNull(device);
        return precision == Precision.Float32 || device.type == DeviceType.CUDA || CpuFeatures.HasBFloat16;
    }
}

/// <summary>A model's heads while its weights may be bfloat16: images are rounded on the way in, logits are float32 on the way out.</summary>
/// <param name="model">The model.</param>
internal sealed class PrecisionCast(MultiHeadModel model)
{
    // One of those that hold bfloat16 during a run.
    private readonly Tensor? weight = model.parameters().FirstOrDefault(parameter => parameter.ndim >= 2);

    /// <summary>The heads' logits, float32; what comes between stays in the caller's dispose scope.</summary>
    /// <param name="images">(N, C, H, W), float32.</param>
    public MultiHeadOutput AllHeads(Tensor images)
    {
        if (weight?.dtype != ScalarType.BFloat16)
        {
            return model.AllHeads(images);
        }

        HeadOutput[] heads = [.. model.AllHeads(images.to(ScalarType.BFloat16)).Heads.Select(head => head with { Logits = head.Logits.to(ScalarType.Float32) })];
        return new MultiHeadOutput(heads[0], heads[1..]);
    }
}
