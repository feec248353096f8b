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
    /// Weights, biases and activations in bfloat16 (float32's range, 8 significant bits); normalizations, losses and the weights that are updated, averaged
    /// and saved in float32.
    /// </summary>
    BFloat16,
}

/// <summary>Which devices compute fast in a number format.</summary>
public static class PrecisionSupport
{
    /// <summary>
    /// Whether a device has instructions for matrix products in this format. Without them the format is emulated, and slower than float32.
    /// </summary>
    /// <param name="precision">The format.</param>
    /// <param name="device">A device. On x86 processors bfloat16 needs AVX-512 BF16 (Zen 4, Cooper Lake) or AMX (Sapphire Rapids); other processors count as
    /// having none. Every GPU counts as having it, as all do since Ampere.</param>
    public static bool IsAcceleratedOn(this Precision precision, Device device)
    {
        ArgumentNullException.ThrowIfNull(device);
        return precision == Precision.Float32 || device.type == DeviceType.CUDA || CpuFeatures.HasBFloat16;
    }
}

/// <summary>A model whose weights may be bfloat16: casts images to bfloat16 and logits back to float32.</summary>
/// <param name="model">The model.</param>
internal sealed class PrecisionCast(MultiHeadModel model)
{
    // A weight that holds bfloat16 during a bfloat16 run.
    private readonly Tensor? weight = model.parameters().FirstOrDefault(parameter => parameter.ndim >= 2);

    /// <summary>The heads' logits, float32; what comes between stays in the caller's dispose scope.</summary>
    /// <param name="images">(N, C, H, W), float32.</param>
    /// <param name="pass">What dropout depends on in training; null in validation.</param>
    public MultiHeadOutput AllHeads(Tensor images, TrainingPass? pass = null)
    {
        MultiHeadOutput Compute(Tensor input) => pass is null ? model.AllHeads(input) : model.AllHeads(input, pass);

        if (weight?.dtype != ScalarType.BFloat16)
        {
            return Compute(images);
        }

        HeadOutput[] heads = [.. Compute(images.to(ScalarType.BFloat16)).Heads.Select(head => new HeadOutput(head.Name, head.Logits.to(ScalarType.Float32)))];
        return new MultiHeadOutput(heads[0], heads[1..]);
    }
}
