using Inception.Kernels;
using TorchSharp;
using static TorchSharp.torch;

namespace Inception.Training;

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
