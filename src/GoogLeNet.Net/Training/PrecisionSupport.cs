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

    /// <summary>
    /// Whether this processor multiplies bfloat16 faster than float32: with AMX, or AMD's with AVX-512 BF16. Intel's with AVX-512 BF16 alone do it as fast or slower (oneDNN's
    /// convolutions on an Emerald Rapids without AMX: 150 billion operations a second for 250).
    /// </summary>
    internal static bool MultipliesBFloat16Faster() => HasAmx() || (HasAvx512BFloat16() && !IsIntel());

    // The system must keep the registers, too, which .NET asks for AVX-512 in general.
    private static bool HasBFloat16() => Avx512F.IsSupported && (HasAmx() || HasAvx512BFloat16());

    private static bool HasAmx() => HasFeatures() && (X86Base.CpuId(7, 0).Edx & 1 << 22) != 0;

    private static bool HasAvx512BFloat16() => HasFeatures() && X86Base.CpuId(7, 0).Eax >= 1 && (X86Base.CpuId(7, 1).Eax & 1 << 5) != 0;

    private static bool HasFeatures() => X86Base.IsSupported && X86Base.CpuId(0, 0).Eax >= 7;

    private static bool IsIntel() => X86Base.CpuId(0, 0) is (_, 0x756e6547, 0x6c65746e, 0x49656e69); // "Genu", "ntel", "ineI"
}
