using System.Runtime.Intrinsics.X86;
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
        return precision == Precision.Float32 || device.type == DeviceType.CUDA || HasBFloat16();
    }

    // The system must keep the registers, too, which .NET asks for AVX-512 in general.
    private static bool HasBFloat16()
    {
        if (!Avx512F.IsSupported || X86Base.CpuId(0, 0).Eax < 7)
        {
            return false;
        }

        var (leaves, _, _, features) = X86Base.CpuId(7, 0);
        return (features & 1 << 22) != 0 || (leaves >= 1 && (X86Base.CpuId(7, 1).Eax & 1 << 5) != 0);
    }
}
